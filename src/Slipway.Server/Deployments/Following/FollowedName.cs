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
internal sealed record FollowedName(string Model, string Name, bool IsStage, bool Follows, bool Supersedes = false, long? Handled = null, string? HeldBecause = null)
{
    [JsonIgnore]
    public string Reference => IsStage ? $"{Model}/{Name}" : $"{Model}@{Name}";

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

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(FollowedName))]
internal sealed partial class FollowingJson : JsonSerializerContext;

internal sealed class FollowedNameConverter() : ValueConverter<FollowedName, string>(
    name => JsonSerializer.Serialize(name, FollowingJson.Default.FollowedName), json => JsonSerializer.Deserialize(json, FollowingJson.Default.FollowedName)!);
