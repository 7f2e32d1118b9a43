using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using Slipway.Server.Registry;

namespace Slipway.Server.Deployments.Following;

/// <summary>The movable name by which a deployment's version was chosen: <c>iris@champion</c> or <c>iris/Production</c>.</summary>
/// <param name="Name">Of the alias or stage.</param>
/// <param name="Follows">Moves along; else the deployment only shows that it has drifted.</param>
/// <param name="Supersedes">A move in the middle of a rollout takes its place; else it waits.</param>
/// <param name="Handled">The move that was acted upon (<see cref="NamedVersion.Move"/>); null: none yet. While the name has not moved since and something else is live, following is held.</param>
/// <param name="HeldBecause">Why the handled move was not followed, where it was refused; null: it was.</param>
/// <param name="SetBy">Who set the name when it named something else than was live; null: it named what was live.</param>
internal sealed record FollowedName(string Model, string Name, bool IsStage, bool Follows, bool Supersedes = false, long? Handled = null, string? HeldBecause = null, FollowedBy? SetBy = null)
{
    [JsonIgnore]
    public string Reference => IsStage ? $"{Model}/{Name}" : $"{Model}@{Name}";

    /// <summary>The name with who acts: whoever set it where it has not moved since, else whoever moved it.</summary>
    public NamedVersion ActedBy(NamedVersion named) => SetBy is { } by && by.Move == named.Move ? named with { MovedById = by.Id, MovedBy = by.Name, Scopes = by.Scopes } : named;

    /// <summary>What who acts has done.</summary>
    public string DeedFor(NamedVersion named) => SetBy?.Move == named.Move ? "chose it" : "moved it";

    /// <returns>Null: it is no such name.</returns>
    public static (string Model, string Name, bool IsStage)? Parse(string? text)
    {
        if (text?.Split('@') is [var model, var alias] && VersionRef.IsModelName(model) && ModelAlias.IsName(alias))
        {
            return (model, alias, false);
        }

        return text?.Split('/') is [var of, var stage] && VersionRef.IsModelName(of) && Stages.Parse(stage) is { } known and not Stage.None ? (of, known.ToString(), true) : null;
    }
}

/// <summary>Who has set a name.</summary>
/// <param name="Scopes">Restrictions of the key that it was set with; empty: none.</param>
/// <param name="Move">The last move of the name at that time.</param>
internal sealed record FollowedBy(Guid Id, string Name, IReadOnlyList<string> Scopes, long Move);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(FollowedName))]
internal sealed partial class FollowingJson : JsonSerializerContext;

internal sealed class FollowedNameConverter() : ValueConverter<FollowedName, string>(
    name => JsonSerializer.Serialize(name, FollowingJson.Default.FollowedName), json => JsonSerializer.Deserialize(json, FollowingJson.Default.FollowedName)!);
