using Slipway.Server.Platform;

namespace Slipway.Server.Registry;

/// <summary>Every way in which the registry says no.</summary>
internal static class RegistryRefusals
{
    public static Refusal BadModelName() => Refusal.Field(
        "name", "A model's name begins with a letter or digit and has 1 to 128 letters, digits, dots, underscores and hyphens.");

    public static Refusal ModelExists(string name) => Refusal.Conflict("model_already_exists", $"A model named {name} exists already; choose another name.");

    public static Refusal ModelNotFound(string name) => Refusal.NotFound("model_not_found", $"There is no model {Shown(name)}.");

    public static Refusal VersionNotFound(string model, string version) =>
        Refusal.NotFound("version_not_found", $"Model {model} has no version {Shown(version)}.");

    public static Refusal FileNotFound(string path) => Refusal.NotFound("file_not_found", $"This version has no file {Shown(path)}.");

    public static Refusal BadLabel() => Refusal.Field(
        "label", "A label begins with a letter or digit, has 1 to 128 letters, digits, dots, underscores and hyphens, and does not look like a version number (3 or v3).");

    public static Refusal LabelTaken(string label, int number) =>
        Refusal.Conflict("label_taken", $"Version {number} of this model has the label {label} already.");

    public static Refusal BadMetadata() => Refusal.Field("metadata", "Metadata has at most six pairs, with keys of 1 to 20 and values of at most 50 characters.");

    public static Refusal VersionInProduction(int number) =>
        Refusal.Conflict("version_in_production", $"Version {number} is in Production; transition it to Archived first.");

    public static Refusal VersionInUse(int number, IReadOnlyList<string> where) =>
        Refusal.Conflict("version_in_use", $"Version {number} is used by {string.Join(", ", where)}; delete the deployment or give it another version first.");

    public static Refusal ModelInUse(IReadOnlyList<string> where) =>
        Refusal.Conflict("version_in_use", $"Its versions are used by {string.Join(", ", where)}; delete the deployment or give it another model first.");

    public static Refusal StageProtected(int number, Stage stage) => Refusal.Conflict(
        "stage_protected", $"Version {number} is in {stage}, which is protected; ask for its transition to another stage first.");

    public static Refusal CannotProtect() => Refusal.Field("stage", "Staging and Production can be protected.");

    public static Refusal BadReviewers() => Refusal.Field("reviewers", $"Name 1 to {StageProtection.MostReviewers} different users as reviewers.");

    public static Refusal BadApprovals() => Refusal.Field("approvals", "A change of a protected stage needs 1 approval; other numbers are not offered.");

    public static Refusal NotProtected(Stage stage) => Refusal.NotFound("protection_not_found", $"There is no rule here that protects {stage}.");

    public static Refusal BadStage() => Refusal.Field("stage", "A stage is None, Staging, Production or Archived.");

    public static Refusal BadArchiving(Stage stage) => Refusal.Field(
        "archive_existing_versions", $"Versions in {stage} are not archived by a transition into it; leave archive_existing_versions out.");

    public static Refusal BadAlias() => Refusal.Field(
        "alias", "An alias has 1 to 255 letters, digits, underscores and hyphens, is not 'latest', and does not look like a version number (3 or v3).");

    public static Refusal AliasFollowed(string model, IReadOnlyList<string> followers) => Refusal.Conflict(
        "alias_followed", $"An alias of {model} is followed by {string.Join(", ", followers)}; end the following there, or let it follow another, first.");

    public static Refusal AliasNotFound(string model, string alias) => Refusal.NotFound("alias_not_found", $"Model {model} has no alias {Shown(alias)}.");

    public static Refusal BadTag() => Refusal.Field("key", "A tag has a key of 1 to 250 characters, none of them a control character, and a value of at most 5,000.");

    public static Refusal TooManyTags() => Refusal.Conflict("too_many_tags", "There are 100 tags already; delete one first.");

    public static Refusal TagNotFound(string key) => Refusal.NotFound("tag_not_found", $"There is no tag {Shown(key)}.");

    public static Refusal BadSource() => Refusal.Field("upload_id", "Name what the version is made of: upload_id, or source_run_id with artifact_path.");

    public static Refusal ArtifactNotFound(string run, string path) => Refusal.Field(
        "artifact_path", $"The run {Shown(run)} has no artifact {Shown(path)}.") with { Status = 422, Code = "artifact_not_found" };

    public static Refusal ArtifactChanged(string run) =>
        Refusal.Conflict("artifact_changed", $"The artifact of the run {Shown(run)} was changed or deleted meanwhile; try again.");

    public static Refusal BadMetrics() => Refusal.Field(
        "metrics", "Give 1 to 1,000 metrics: a name of 1 to 250 characters, none of them a control character, and a number, or the text NaN, Infinity or -Infinity.");

    public static Refusal TooManyMetrics() => Refusal.Conflict("too_many_metrics", $"A version has at most {VersionMetric.Most:N0} validation metrics.");

    public static Refusal TooManyPoints(string key) =>
        Refusal.Conflict("too_many_metrics", $"The metric {Shown(key)} has {VersionMetric.MostPoints} values already; longer histories belong to a run.");

    public static Refusal MetricNotFound(string key) => Refusal.NotFound("metric_not_found", $"The version has no validation metric {Shown(key)}. Training metrics stay as they are.");

    public static Refusal BadParent() => Refusal.Field("parent", "A parent is a model and its version, such as base@3, base@v2.1.0 (a label) or base@champion (an alias).");

    public static Refusal ParentNotFound(string reference) => Refusal.Field("parent", $"There is no version {Shown(reference)}.") with { Code = "parent_not_found" };

    public static Refusal ParentCycle(string model, int number) =>
        Refusal.Conflict("parent_cycle", $"{model} v{number} is this version, or was itself made from it; a version cannot be its own ancestor.");

    public static Refusal Stale() => Refusal.Stale("Somebody changed it since you read it; read it again and repeat your change.");

    public static Refusal UploadNotFound() => Refusal.NotFound("upload_not_found", "There is no such upload; it was finished, given up or has expired. Start a new one.");

    public static Refusal UploadIncomplete(int missing) =>
        Refusal.Conflict("upload_incomplete", $"The upload is not complete: {missing} of its files {(missing == 1 ? "is" : "are")} missing. Send what its field missing lists.");

    public static Refusal NotOfUpload() => Refusal.NotFound("blob_not_of_upload", "No file of this upload has this digest.");

    public static Refusal WrongContent(string detail) => Refusal.BadRequest("digest_mismatch", detail);

    public static Refusal BadQuery(string field, string detail) => Refusal.Field(field, detail);

    private static string Shown(string name) => name.Length <= 140 && !name.Any(char.IsControl) ? name : "of that name";
}
