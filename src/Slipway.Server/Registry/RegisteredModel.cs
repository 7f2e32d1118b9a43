using Slipway.Contracts;
using Slipway.Server.Platform;

namespace Slipway.Server.Registry;

/// <summary>A named entry of the registry. Its name is unique in the project and never changes what it means; versions belong to the surrogate id.</summary>
internal sealed class RegisteredModel
{
    public const int MostTags = 100;

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

    /// <summary>Rises with every change of description or tags: the ETag.</summary>
    public long Edit { get; private set; }

    public List<ModelTag> Tags { get; } = [];

    public void Describe(string? description, DateTimeOffset now)
    {
        Description = string.IsNullOrEmpty(description) ? null : description;
        Search = SearchText.Fold($"{Name}\n{Description}");
        Edited(now);
    }

    public void Tag(IEnumerable<string> tags, DateTimeOffset now)
    {
        var wanted = tags.Distinct(StringComparer.Ordinal).ToList();
        Tags.RemoveAll(t => !wanted.Contains(t.Tag, StringComparer.Ordinal));
        Tags.AddRange(wanted.Except(Tags.Select(t => t.Tag), StringComparer.Ordinal).Select(t => new ModelTag { ModelId = Id, Tag = t }).ToList());
        Edited(now);
    }

    /// <summary>Gives a tag a value; adds the tag when it is not there.</summary>
    public void Tag(string tag, string value, DateTimeOffset now)
    {
        if (Tags.Find(t => t.Tag == tag) is { } there)
        {
            there.Value = value;
        }
        else
        {
            Tags.Add(new ModelTag { ModelId = Id, Tag = tag, Value = value });
        }

        Edited(now);
    }

    /// <summary>Takes a tag away, with its value.</summary>
    /// <returns>False: there was none.</returns>
    public bool Untag(string tag, DateTimeOffset now)
    {
        if (Tags.RemoveAll(t => t.Tag == tag) == 0)
        {
            return false;
        }

        Edited(now);
        return true;
    }

    /// <summary>The rule of version numbers: the highest that was ever used, whatever became of that version, plus one.</summary>
    public static int NumberAfter(int lastNumber) => lastNumber + 1;

    /// <summary>The next version's number, which is used with this.</summary>
    public int TakeNumber(DateTimeOffset now)
    {
        UpdatedAt = now;
        return LastNumber = NumberAfter(LastNumber);
    }

    public void Touch(DateTimeOffset now) => UpdatedAt = now;

    private void Edited(DateTimeOffset now)
    {
        Edit++;
        UpdatedAt = now;
    }

    /// <summary>What is wrong with a description or tags; null when nothing is.</summary>
    public static Refusal? Check(string? description, IReadOnlyList<string>? tags)
    {
        if (description is { Length: > 5000 })
        {
            return Refusal.Field("description", "A description has at most 5,000 characters.");
        }

        return tags is { Count: > MostTags } || tags?.Any(t => string.IsNullOrWhiteSpace(t) || t.Length > VersionTag.LongestKey) == true
            ? Refusal.Field("tags", "A model has at most 100 tags of 1 to 250 characters.")
            : null;
    }
}

/// <summary>A word on a model, by which lists filter; with a value where somebody gave it one.</summary>
internal sealed class ModelTag
{
    public Guid ModelId { get; set; }

    public required string Tag { get; set; }

    public string? Value { get; set; }
}
