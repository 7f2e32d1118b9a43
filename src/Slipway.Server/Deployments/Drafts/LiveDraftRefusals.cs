using Slipway.Server.Platform;

namespace Slipway.Server.Deployments.Drafts;

/// <summary>Every way in which something about a draft is refused.</summary>
internal static class LiveDraftRefusals
{
    public const string Unchanged = "draft_unchanged";

    public static Refusal NotLive(Deployment deployment) => Refusal.Conflict(
        "not_live_mode",
        $"{deployment.Path} is a normal deployment, which only serves versions; choose another name (--name) for a live one, or deploy a version to this one.");

    public static Refusal Gated(string environment) => Refusal.Conflict(
        "draft_gated",
        $"{environment} asks for an approval or for a stage of what becomes live there, which a patch cannot have; push a version and deploy that, or let an administrator take the rule away.");

    public static Refusal NothingServes(Deployment deployment) => Refusal.Conflict(
        "nothing_live", $"No revision of {deployment.Path} is live, so there is nothing to patch; push the folder first.");

    public static Refusal NotPython(Deployment deployment) => Refusal.Conflict(
        "full_push_required", $"A full push is required: {deployment.Path} does not run Python, and only Python is reloaded in place.");

    public static Refusal Stale(string expected) => Refusal.Conflict(
        "stale_draft", $"Somebody else has patched the draft: its hash is {expected}. Read it again, compare your files, and patch on top of it.");

    public static Refusal FileNotFound() => Refusal.NotFound("file_not_found", "The draft has no file of this path; read the draft to see which it has.");

    public static Refusal Broken(Deployment deployment) => Refusal.Conflict(
        "draft_broken", $"The newest files of {deployment.Path} do not load, and what answers is older. Repair them, or put the files before back, and freeze then.");

    public static Refusal NotApplied(Deployment deployment) => Refusal.Conflict(
        "draft_pending", $"Nobody knows yet whether the newest files of {deployment.Path} load. Wait until a replica answers with them, and freeze then.");

    public static Refusal FreezeFailed(string? why) => Refusal.Conflict(
        "freeze_failed", $"The draft was frozen into a version, which did not become live, so nothing was promoted: {why ?? "its rollout was ended."} Promote it again once it is live.");

    public static Refusal AlreadyFrozen(Deployment deployment, int version) => Refusal.Conflict(
        Unchanged, $"{deployment.Path} answers with just what version {version} is; there is nothing to freeze.");
}
