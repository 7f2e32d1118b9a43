using System.Text.Json;

namespace Slipway.Serving;

/// <summary>Payload of a <c>reload</c> frame towards a replica: the model of another folder is to answer.</summary>
/// <param name="Package">Absolute folder of the package.</param>
/// <param name="Model">As the member <c>model</c> of spec.json.</param>
public sealed record ReplicaReload(string Package, JsonElement Model);

/// <summary>Its answer, a <c>reload</c> frame with the same request id.</summary>
/// <param name="Outcome">applied, failed (the model before goes on answering) or full_push_required (a running process cannot change that).</param>
/// <param name="KeptState">What was loaded before is still there: only code changed.</param>
/// <param name="Code">Why it failed: import_failed, load_failed or memory_limit.</param>
/// <param name="Message">Last line of the traceback, or what cannot be changed.</param>
/// <param name="Traceback">With the package's own paths; null unless it failed.</param>
/// <param name="Ms">How long import and load took.</param>
public sealed record ReplicaReloaded(
    string Outcome, string? Package = null, bool KeptState = false, string? Code = null, string? Message = null, string? Traceback = null, double? Ms = null)
{
    public const string Applied = "applied";

    public const string Failed = "failed";

    public const string FullPushRequired = "full_push_required";
}
