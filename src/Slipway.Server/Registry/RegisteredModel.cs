using Slipway.Contracts;
using Slipway.Server.Platform;

namespace Slipway.Server.Registry;

/// <summary>A named entry of the registry. Its name is unique in the project and never changes what it means; versions belong to the surrogate id.</summary>
internal sealed class RegisteredModel
{
    public Guid Id { get; init; }

    public Guid ProjectId { get; init; }

    public required string Name { get; init; }

    public string? Description { get; private set; }

    /// <summary>Name and description folded for search; see <see cref="SearchText"/>.</summary>
    public string Search { get; private set; } = "";

    public Guid OwnerId { get; init; }

    public required string Owner { get; init; }

    /// <summary>Highest version number ever given; deleting a version does not lower it.</summary>
    public int LastNumber { get; private set; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset UpdatedAt { get; private set; }

    public List<ModelTag> Tags { get; } = [];

    public void Describe(string? description, DateTimeOffset now)
    {
        Description = string.IsNullOrEmpty(description) ? null : description;
        Search = SearchText.Fold($"{Name}\n{Description}");
        UpdatedAt = now;
    }

    public void Tag(IEnumerable<string> tags, DateTimeOffset now)
    {
        var wanted = tags.Distinct(StringComparer.Ordinal).ToList();
        Tags.RemoveAll(t => !wanted.Contains(t.Tag, StringComparer.Ordinal));
        Tags.AddRange(wanted.Except(Tags.Select(t => t.Tag), StringComparer.Ordinal).Select(t => new ModelTag { ModelId = Id, Tag = t }).ToList());
        UpdatedAt = now;
    }

    /// <summary>The next version's number: highest ever used plus one.</summary>
    public int TakeNumber(DateTimeOffset now)
    {
        UpdatedAt = now;
        return ++LastNumber;
    }

    public void Touch(DateTimeOffset now) => UpdatedAt = now;

    /// <summary>What is wrong with a description or tags; null when nothing is.</summary>
    public static Refusal? Check(string? description, IReadOnlyList<string>? tags)
    {
        if (description is { Length: > 5000 })
        {
            return Refusal.Field("description", "A description has at most 5,000 characters.");
        }

        return tags is { Count: > 50 } || tags?.Any(t => string.IsNullOrWhiteSpace(t) || t.Length > 128) == true
            ? Refusal.Field("tags", "A model has at most 50 tags of 1 to 128 characters.")
            : null;
    }
}

internal sealed class ModelTag
{
    public Guid ModelId { get; set; }

    public required string Tag { get; set; }
}
