using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Slipway.Contracts;
using Slipway.Server.Deployments.Promotions;
using Slipway.Server.Identity;

namespace Slipway.Server.Deployments.Approving;

/// <summary>
/// What somebody wants to be live, complete enough to be made later: stored with a request for approval. It holds no id, number or time of what is not there yet, so that the same
/// wish is the same text.
/// </summary>
/// <param name="Verb">As <see cref="MakeLive"/> was called.</param>
/// <param name="DeploymentId">Null: it is to be made, of <paramref name="NewDeployment"/>.</param>
/// <param name="RevisionId">A kept revision; null: it is to be made, of <paramref name="NewRevision"/>.</param>
/// <param name="Rollout">How it is rolled out; null: as the environment does.</param>
/// <param name="Scaling">Bounds that come with its variants; null: they stay as they are.</param>
/// <param name="Reference">The name that the deployment follows, where it is to move along; null: it is no move.</param>
/// <param name="Named">Number of the version that the name named.</param>
/// <param name="Promotion">Where it comes from; null: it is no promotion.</param>
/// <param name="Notes">What there is to know of it (<see cref="PackageAsk"/>); null: nothing.</param>
internal sealed record WantedRevision(
    string Verb, Guid EnvironmentId, string Name, Guid? DeploymentId, Guid? RevisionId, JsonObject? NewDeployment, JsonObject? NewRevision, RolloutSettings? Rollout,
    PromotionOrigin? Promotion, ScalingSettings? Scaling = null, string? Reference = null, int? Named = null, IReadOnlyList<string>? Notes = null)
{
    private static readonly string[] OfDeployment = ["id", "environment_id", "created_at", "updated_at", "last_revision", "edit"];
    private static readonly string[] OfRevision = ["id", "deployment_id", "number", "created_by_id", "created_by", "created_at"];
    private static readonly string[] OfVariant = ["id", "revision_id"];

    /// <param name="deployment">With its environment.</param>
    public static WantedRevision Of(
        string verb, Deployment deployment, bool isNewDeployment, Revision target, bool isNewRevision, RolloutSettings? rollout, PromotionOrigin? promotion, ScalingSettings? scaling) => new(
        verb, deployment.Environment.Id, deployment.Name, isNewDeployment ? null : deployment.Id, isNewRevision ? null : target.Id,
        isNewDeployment ? Without(JsonSerializer.SerializeToNode(deployment, ApprovingJson.Default.Deployment)!, OfDeployment) : null, isNewRevision ? Store(target) : null, rollout, promotion, scaling,
        verb == MakeLive.Followed ? deployment.Following?.Reference : null, verb == MakeLive.Followed ? target.Default.ModelVersion : null,
        PackageAsk.Notes(target.Variants) is { Count: > 0 } notes ? notes : null);

    public static WantedRevision Read(string payload) => JsonSerializer.Deserialize(payload, ApprovingJson.Default.WantedRevision)!;

    public string Write() => JsonSerializer.Serialize(this, ApprovingJson.Default.WantedRevision);

    /// <summary>The deployment that is to be made.</summary>
    public Deployment ToDeployment(DeploymentEnvironment home, DateTimeOffset now)
    {
        var deployment = NewDeployment!.Deserialize(ApprovingJson.Default.Deployment)!;
        (deployment.Id, deployment.EnvironmentId, deployment.Environment, deployment.CreatedAt, deployment.UpdatedAt) = (Guid.CreateVersion7(now), home.Id, home, now, now);
        return deployment;
    }

    /// <summary>The revision that is to be made, without a number.</summary>
    public Revision ToRevision(Actor by, DateTimeOffset now)
    {
        var revision = NewRevision!.Deserialize(ApprovingJson.Default.Revision)!;
        revision.Id = Guid.CreateVersion7(now);
        (revision.CreatedById, revision.CreatedBy, revision.CreatedAt) = (by.UserId, by.Name, now);
        revision.Variants = revision.Variants.ConvertAll(v => v.Copy(Guid.CreateVersion7(now)));
        revision.ContentHash = RevisionContent.Of(revision).Hash;
        return revision;
    }

    private static JsonObject Store(Revision revision)
    {
        var stored = Without(JsonSerializer.SerializeToNode(revision, ApprovingJson.Default.Revision)!, OfRevision);
        foreach (var variant in stored["variants"]!.AsArray())
        {
            Without(variant!, OfVariant);
        }

        if (revision.Name == $"deployment-{revision.Number}")
        {
            stored.Remove("name");   // by then it may have another number
        }

        stored["created_by"] = "";
        return stored;
    }

    private static JsonObject Without(JsonNode node, string[] names)
    {
        var stored = node.AsObject();
        foreach (var name in names)
        {
            stored.Remove(name);
        }

        return stored;
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true, IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(WantedRevision))]
[JsonSerializable(typeof(Deployment))]
[JsonSerializable(typeof(Revision))]
internal sealed partial class ApprovingJson : JsonSerializerContext;
