using Slipway.Server.Platform;

namespace Slipway.Server.Experiments;

/// <summary>Every way in which experiments and runs say no.</summary>
internal static class ExperimentRefusals
{
    private const string NameRule = "has 1 to 250 characters, none of them invisible, no space at either end, and letters with their accents in one character (é)";

    public static Refusal BadExperimentName() => Refusal.Field("name", $"An experiment's name {NameRule}, and is not a number only.");

    public static Refusal BadRunName() => Refusal.Field("name", $"A run's name {NameRule}.");

    public static Refusal BadDescription() => Refusal.Field("description", "A description has at most 5,000 characters.");

    public static Refusal BadTags(string field = "tags") => Refusal.Field(
        field, $"There are at most 100 tags at a time; a tag's key {NameRule}, and its value at most 8,000 characters.");

    public static Refusal BadExperimentStatus() => Refusal.Field("status", "A status is Active or Completed; archive and restore are operations of their own.");

    public static Refusal ExperimentExists(string name) => Refusal.Conflict("experiment_already_exists", $"An experiment named {name} exists already, perhaps archived; choose another name.");

    public static Refusal ExperimentNotFound(string name) => Refusal.NotFound("experiment_not_found", $"There is no experiment {Shown(name)}.");

    public static Refusal ExperimentArchived(string name) => Refusal.Conflict("experiment_archived", $"Experiment {name} is archived and takes no new runs; restore it first.");

    public static Refusal Stale() => Refusal.Stale("Somebody changed it since you read it; read it again and repeat your change.");

    public static Refusal RunNotFound(string id) => Refusal.NotFound("run_not_found", $"There is no run {Shown(id)}.");

    public static Refusal RunDeleted(string id) => Refusal.Conflict("run_deleted", $"Run {id} is deleted; restore it first.");

    public static Refusal RunFinished(string id, RunStatus status) =>
        Refusal.Conflict("run_finished", $"Run {id} has ended as {status}; resume it before it can end otherwise.");

    public static Refusal BadEnd() => Refusal.Field("status", "A run ends as Completed, Failed or Killed.");

    public static Refusal BadReason() => Refusal.Field("reason", "A reason has at most 5,000 characters.");

    public static Refusal BadNotes() => Refusal.Field("notes", "Notes have at most 100,000 characters.");

    public static Refusal BadParent(string detail) => Refusal.Field("parent_run_id", detail);

    public static Refusal TooMuchLogged() =>
        Refusal.Field("metrics", "A batch has at most 1,000 metrics, 100 parameters and 100 tags. Send the rest in another one.");

    public static Refusal NothingLogged() => Refusal.Field("metrics", "A batch has at least one metric, parameter or tag.");

    public static Refusal BadKey(string field, string key) => Refusal.Field(field, $"The key {Shown(key)} is refused: a key {NameRule}.");

    public static Refusal BadParameter(string key) => Refusal.Field("parameters", $"The parameter {Shown(key)} has a value of more than 6,000 characters.");

    public static Refusal BadTimestamp(string key) => Refusal.Field("metrics", $"The timestamp of {Shown(key)} is below zero; it counts milliseconds since 1970.");

    public static Refusal ParameterLogged(string key, string value) => Refusal.Conflict(
        "parameter_already_logged", $"Parameter {Shown(key)} of this run is {(value.Length <= 200 ? value : value[..LoggedText.StartOf(value).Length] + "…")} already; parameters are written once.");

    public static Refusal BadDataSet() => Refusal.Field(
        "name", $"A data set's name {NameRule}; its path has 1 to 2,000 characters, its digest at most 250 and its description at most 5,000.");

    public static Refusal DataSetLogged(string name) => Refusal.Conflict(
        "dataset_already_logged", $"The run has a data set {name} with another path or digest already; give this one another name.");

    public static Refusal ArtifactNotFound(string path) => Refusal.NotFound("artifact_not_found", $"The run has no artifact {Shown(path)}.");

    public static Refusal ArtifactPathTaken(string path, string by) =>
        Refusal.Conflict("artifact_path_taken", $"The path {Shown(path)} cannot be used: {Shown(by)} exists, and a path is either a file or a folder.");

    public static Refusal MetricNotFound(string key) => Refusal.NotFound("metric_not_found", $"The run has no metric {Shown(key)}.");

    public static Refusal TagNotFound(string key) => Refusal.NotFound("tag_not_found", $"There is no tag {Shown(key)}.");

    public static Refusal AlertNotFound() => Refusal.NotFound("alert_not_found", "The run has no such alert.");

    public static Refusal TooManyAlerts() => Refusal.Conflict("too_many_alerts", "A run has at most 50 alerts; delete one first.");

    public static Refusal BadCondition(string detail) => Refusal.Field("condition", detail);

    public static Refusal BadFilter(string field, string detail) => Refusal.Field(field, detail);

    private static string Shown(string text) => text.Length is > 0 and <= 260 && !text.Any(char.IsControl) ? text : "of that name";
}
