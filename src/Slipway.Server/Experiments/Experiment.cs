using Slipway.Contracts;
using Slipway.Server.Platform;

namespace Slipway.Server.Experiments;

/// <summary>A line of work that runs belong to. Archived ones are hidden from lists and take no new runs; nothing of them is lost.</summary>
internal sealed class Experiment
{
    public const int LongestName = 250;
    public const int LongestText = 5000;

    /// <summary>Counts up from 1; clients write it in decimal.</summary>
    public long Id { get; init; }

    public Guid ProjectId { get; init; }

    public required string Name { get; set; }

    public string? Description { get; set; }

    /// <summary>Name and description folded for search; see <see cref="SearchText"/>.</summary>
    public string Search { get; private set; } = "";

    public ExperimentStatus Status { get; private set; }

    public Guid CreatedById { get; init; }

    public required string CreatedBy { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset UpdatedAt { get; private set; }

    /// <summary>Rises with every change by a person: the ETag.</summary>
    public long Edit { get; private set; }

    public List<ExperimentTag> Tags { get; init; } = [];

    public string WireId => Id.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Changes what is given; null leaves as it is.</summary>
    public void Change(string? name, string? description, IReadOnlyDictionary<string, string>? tags, DateTimeOffset now)
    {
        Name = name ?? Name;
        Description = description is null ? Description : description.Length == 0 ? null : description;
        Search = SearchText.Fold($"{Name}\n{Description}");
        if (tags is not null)
        {
            Tags.RemoveAll(t => !tags.ContainsKey(t.Key));
            foreach (var (key, value) in tags)
            {
                if (Tags.Find(t => t.Key == key) is { } there)
                {
                    there.Value = value;
                }
                else
                {
                    Tags.Add(new ExperimentTag { ExperimentId = Id, Key = key, Value = value });
                }
            }
        }

        Edited(now);
    }

    public void Become(ExperimentStatus status, DateTimeOffset now)
    {
        Status = status;
        Edited(now);
    }

    public ExperimentInfo ToInfo(int runCount, DateTimeOffset? lastActivityAt) => new(
        WireId, Name, Description, new SortedDictionary<string, string>(Tags.ToDictionary(t => t.Key, t => t.Value), StringComparer.Ordinal), Status.ToString(), runCount,
        lastActivityAt, CreatedBy, CreatedAt, UpdatedAt, Etag.Of(Edit));

    private void Edited(DateTimeOffset now)
    {
        Edit++;
        UpdatedAt = now;
    }
}

internal enum ExperimentStatus
{
    Active,

    /// <summary>Somebody has said that the work is done; runs may still be added.</summary>
    Completed,
    Archived,
}

internal sealed class ExperimentTag
{
    public long ExperimentId { get; set; }

    public required string Key { get; set; }

    public required string Value { get; set; }
}
