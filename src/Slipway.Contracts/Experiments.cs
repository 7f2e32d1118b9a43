namespace Slipway.Contracts;

/// <summary>A line of work that runs belong to.</summary>
/// <param name="Id">Decimal number, as MLflow's clients expect.</param>
/// <param name="Name">Free text of 1 to 250 characters, unique.</param>
/// <param name="Status">Active, Completed or Archived.</param>
/// <param name="RunCount">Runs that are not deleted.</param>
/// <param name="LastActivityAt">When a run last started or ended; null: there was none.</param>
/// <param name="Etag">For If-Match; rises with every change by a person.</param>
public sealed record ExperimentInfo(
    string Id, string Name, string? Description, IReadOnlyDictionary<string, string> Tags, string Status, int RunCount, DateTimeOffset? LastActivityAt,
    string CreatedBy, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, string Etag);

/// <param name="Tags">Key to value; keys of 1 to 250, values of at most 5,000 characters, at most 100.</param>
public sealed record CreateExperimentRequest(string Name, string? Description = null, IReadOnlyDictionary<string, string>? Tags = null);

/// <summary>Changes what is given; what is left out stays, an empty description takes it away.</summary>
/// <param name="Tags">Replaces all tags.</param>
/// <param name="Status">Active or Completed; archiving is an operation of its own.</param>
public sealed record UpdateExperimentRequest(
    string? Name = null, string? Description = null, IReadOnlyDictionary<string, string>? Tags = null, string? Status = null);

/// <summary>What the runs of an experiment have logged: the columns that a table of them can have.</summary>
/// <param name="Truncated">Whether there are more keys of a kind than are listed (1,000).</param>
public sealed record ExperimentColumns(IReadOnlyList<string> Metrics, IReadOnlyList<string> Parameters, IReadOnlyList<string> Tags, bool Truncated);
