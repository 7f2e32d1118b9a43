using Slipway.Server.Platform;
using Slipway.Server.Registry;

namespace Slipway.Server.Deployments;

/// <summary>Every way in which this folder says no.</summary>
internal static class DeploymentRefusals
{
    public const string RolloutUnderWayCode = "rollout_under_way";
    public const string ApprovalRequiredCode = "approval_required";

    /// <param name="missing">The refusal that names the missing right.</param>
    public static Refusal GatewayIsAdministrators(Refusal missing, bool isTakenOver) => missing with
    {
        Detail = $"{missing.Detail} {(isTakenOver ? "The revision before runs in the gateway, where only an administrator may put a model; say placement: replica to run this one in a process of its own." : "Only an administrator may put a model into the gateway's process.")}",
    };

    public static Refusal NotFound(string environment, string name) =>
        Refusal.NotFound("deployment_not_found", $"There is no deployment {name} in environment {environment}.");

    public static Refusal RevisionNotFound(int number) => Refusal.NotFound("revision_not_found", $"The deployment has no revision {number}.");

    /// <param name="errors">JSON field to messages.</param>
    public static Refusal InvalidFields(IReadOnlyDictionary<string, string[]> errors) =>
        new(400, "invalid_field", string.Join(' ', errors.SelectMany(e => e.Value))) { Errors = errors };

    public static Refusal NameTaken(string name, string environment, string owner) => OfName(
        "name_taken", $"{name} in environment {environment} belongs to {owner}; choose another name, or ask {owner}.");

    public static Refusal Exists(string name, string environment) => OfName(
        "deployment_exists", $"You already have {name} in environment {environment}; update it to another version instead.");

    public static Refusal VersionDeleted(string model, int version) => Refusal.Conflict(
        "version_deleted", $"Version {version} of {model} was deleted meanwhile; choose another version.");

    public static Refusal NotRunnable(string model, int version, string reason) => Refusal.Conflict(
        "version_not_runnable", $"Version {version} of {model} cannot be deployed: {reason}");

    public static Refusal RolloutUnderWay(Deployment deployment) => Refusal.Conflict(
        RolloutUnderWayCode, $"A rollout of {deployment.Path} is under way; wait until it has ended, or stop the deployment.");

    public static Refusal OutOfBounds(int replicas, int min, int max) => Refusal.Conflict(
        "replicas_out_of_bounds",
        replicas > max
            ? $"{replicas} replicas are more than the maximum of {max}; raise max_replicas first."
            : $"{replicas} replicas are fewer than the minimum of {min}; lower min_replicas first, or stop the deployment.");

    public static Refusal Autoscaled(Deployment deployment) => Refusal.Conflict(
        "autoscaling_on", $"Autoscaling decides how many replicas {deployment.Path} has; change its bounds, or turn autoscaling off first.");

    public static Refusal Stopped(Deployment deployment, string verb) => Refusal.Conflict(
        "deployment_stopped", $"{deployment.Path} is stopped and cannot be {verb}; start it first.");

    public static Refusal StopFirst(Deployment deployment) => Refusal.Conflict(
        "deployment_running", $"{deployment.Path} is in a protected environment; stop it before you delete it.");

    public static Refusal NothingLive(Deployment deployment) => Refusal.Conflict(
        "nothing_live", $"No revision of {deployment.Path} is live, so there is nothing to restart or rebuild; see why its rollout failed, and retry or deploy another version.");

    public const string NothingToRetryCode = "nothing_to_retry";

    public static Refusal NothingToRetry(Deployment deployment) => Refusal.Conflict(
        NothingToRetryCode, $"Nothing of {deployment.Path} has failed; there is nothing to retry.");

    public static Refusal LiveHasNoStrategy => Refusal.Field("strategy", "A live deployment is replaced and not rolled out; leave strategy out.");

    public static Refusal Unchanged(Deployment deployment) => Refusal.Conflict(
        "revision_unchanged", $"This is what {deployment.Path} already runs; change the version, base image, resources, variables, secrets, variants or routing, or restart it.");

    public static Refusal Changed(Deployment deployment) => Changed(deployment.Path);

    public static Refusal Changed(string path) => Refusal.Conflict(
        "deployment_changed", $"Another revision of {path} became live meanwhile; look at it and repeat your change.");

    public static Refusal AlreadyLive(Deployment deployment, int revision) => Refusal.Conflict(
        "revision_live", $"Revision {revision} of {deployment.Path} is live already; restart the deployment to replace its replicas.");

    public static Refusal Inactive(int revision) => Refusal.Conflict("revision_inactive", $"Revision {revision} is deactivated; activate it first.");

    public static Refusal NothingToRollBack(Deployment deployment) => Refusal.Conflict(
        "nothing_to_roll_back", $"No other revision of {deployment.Path} was live before; name the revision to redeploy.");

    public static Refusal ApprovalRequired(string environment) => Refusal.Conflict(
        ApprovalRequiredCode, $"{environment} asks for an approval of what becomes live there, and nobody has approved this; promote or update the deployment there to ask for one.");

    public static Refusal StageRequired(string environment, Stage stage, GateVersion version) => Refusal.Conflict(
        "stage_required", $"{environment} takes only versions in stage {stage}, and {version.Model} v{version.Number} is in {version.Stage}; move it to {stage} first.");

    public static Refusal Stale(Deployment deployment) => Refusal.Stale(
        $"{deployment.Path} was changed by somebody else since you read it; read it again and repeat your change.");

    // A form shows it at the field.
    private static Refusal OfName(string code, string detail) =>
        Refusal.Conflict(code, detail) with { Errors = new Dictionary<string, string[]> { ["name"] = [detail] } };

    public static Refusal BadLogQuery(string parameter, string detail) =>
        new(400, "invalid_query", detail) { Errors = new Dictionary<string, string[]> { [parameter] = [detail] } };

    public static Refusal UnknownStatus(string status) => Refusal.BadRequest(
        "unknown_status", $"{status} is not a status; take one of {string.Join(", ", StatusWords.All)}.");
}
