using System.Text.Json.Serialization;

namespace Slipway.Contracts;

/// <summary>One training execution, as lists show it.</summary>
/// <param name="Id">32 hexadecimal digits.</param>
/// <param name="Status">Running, Completed, Failed or Killed.</param>
/// <param name="StatusReason">Why it failed or was killed, where that is known: an exception, or that its client vanished.</param>
/// <param name="User">Who started it.</param>
/// <param name="ParentRunId">The run that it is a part of; null: none.</param>
/// <param name="HeartbeatAt">When its client last said that it lives; null: it never did, and the run is never taken for lost.</param>
/// <param name="DeletedAt">Null: it is not deleted.</param>
/// <param name="Parameters">Write-once.</param>
/// <param name="Metrics">Latest value of each: highest step, then timestamp, then value.</param>
/// <param name="Etag">For If-Match; rises with every change by a person.</param>
public sealed record RunInfo(
    string Id, string ExperimentId, string ExperimentName, string? Name, string Status, string? StatusReason, string User, string? ParentRunId,
    DateTimeOffset StartedAt, DateTimeOffset? EndedAt, DateTimeOffset? HeartbeatAt, DateTimeOffset? DeletedAt,
    IReadOnlyDictionary<string, string> Parameters, IReadOnlyDictionary<string, MetricPoint> Metrics, IReadOnlyDictionary<string, string> Tags, string Etag);

/// <summary>A run with all that its page shows.</summary>
/// <param name="Notes">Markdown; null: none.</param>
/// <param name="ChildCount">Runs that name it as their parent and are not deleted.</param>
public sealed record RunDetail(
    RunInfo Run, string? Notes, IReadOnlyList<DataSetInfo> DataSets, IReadOnlyList<RunAlertInfo> Alerts, int ChildCount, int ArtifactCount, long ArtifactBytes);

/// <summary>One value of a metric.</summary>
/// <param name="Value">NaN, Infinity and -Infinity are written as texts.</param>
/// <param name="Timestamp">Milliseconds since 1970, UTC.</param>
public sealed record MetricPoint(
    [property: JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)] double Value, long Step, long Timestamp);

/// <param name="Experiment">Id or name.</param>
/// <param name="Name">Free text of at most 250 characters; need not be unique.</param>
/// <param name="CreateExperiment">Whether an experiment of that name is made when there is none.</param>
public sealed record StartRunRequest(
    string Experiment, string? Name = null, string? ParentRunId = null, IReadOnlyDictionary<string, string>? Tags = null, bool CreateExperiment = false);

/// <param name="Status">Completed, Failed or Killed.</param>
/// <param name="Reason">Why, at most 5,000 characters.</param>
public sealed record FinishRunRequest(string Status, string? Reason = null);

/// <summary>Changes what is given; what is left out stays, an empty text takes it away.</summary>
/// <param name="Notes">Markdown, at most 100,000 characters.</param>
public sealed record UpdateRunRequest(string? Name = null, string? Notes = null);

/// <summary>A batch of what a run logs, stored as a whole or not at all: at most 1,000 metrics, 100 parameters, 100 tags, 1 MiB.</summary>
/// <param name="Parameters">Write-once: the same value again is fine, another one is refused.</param>
/// <param name="Tags">Replace the values of tags that are there.</param>
public sealed record LogRunRequest(
    IReadOnlyList<LoggedMetric>? Metrics = null, IReadOnlyDictionary<string, string>? Parameters = null, IReadOnlyDictionary<string, string>? Tags = null);

/// <param name="Key">1 to 250 characters.</param>
/// <param name="Value">A number, or one of the texts NaN, Infinity, -Infinity.</param>
/// <param name="Timestamp">Milliseconds since 1970; left out: now.</param>
public sealed record LoggedMetric(
    string Key, [property: JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)] double Value, long Step = 0, long? Timestamp = null);

/// <summary>Data that a run was made with.</summary>
/// <param name="Path">Path or URI.</param>
public sealed record DataSetInfo(string Name, string Path, string? Digest, string? Description, DateTimeOffset LoggedAt);

/// <param name="Name">1 to 250 characters; with another path or digest under the same name it is refused.</param>
/// <param name="Path">1 to 2,000 characters.</param>
/// <param name="Digest">At most 250 characters.</param>
/// <param name="Description">At most 5,000 characters.</param>
public sealed record LogDataSetRequest(string Name, string Path, string? Digest = null, string? Description = null);

/// <summary>A file that a run made.</summary>
public sealed record RunArtifactInfo(string Path, long SizeBytes, string Sha256, DateTimeOffset StoredAt);

/// <summary>A folder or file directly below a path.</summary>
/// <param name="SizeBytes">Of a folder: of all below it.</param>
/// <param name="Sha256">Null for a folder.</param>
/// <param name="FileCount">Files below a folder; 1 for a file.</param>
public sealed record ArtifactEntry(string Path, bool IsFolder, long SizeBytes, string? Sha256, int FileCount, DateTimeOffset StoredAt);

/// <summary>A condition on a metric of a run. It tells once each time that the condition becomes true.</summary>
/// <param name="Condition">As it was given, such as <c>val_loss &gt; 0.5</c>.</param>
/// <param name="IsMet">Whether the latest value meets it.</param>
/// <param name="FiredCount">How many times it became true.</param>
public sealed record RunAlertInfo(
    string Id, string Condition, string? Message, bool IsMet, int FiredCount, DateTimeOffset? LastFiredAt, MetricPoint? LastFiredBy, DateTimeOffset CreatedAt, string CreatedBy);

/// <param name="Condition">A metric, one of &gt; &gt;= &lt; &lt;= = !=, and a number: <c>val_loss &gt; 0.5</c>.</param>
public sealed record CreateRunAlertRequest(string Condition, string? Message = null);

/// <summary>A metric's values over steps, thinned for a chart.</summary>
/// <param name="Count">How many values there are.</param>
/// <param name="Points">All of them, or evenly chosen ones with the last among them.</param>
public sealed record MetricSeries(string Key, long Count, IReadOnlyList<MetricPoint> Points);
