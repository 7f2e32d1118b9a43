namespace Slipway.Contracts;

/// <summary>What a version came from and what was made of it.</summary>
/// <param name="Start">Ids of the nodes that were asked about.</param>
/// <param name="Truncated">There is more than fits into one answer.</param>
public sealed record LineageInfo(IReadOnlyList<string> Start, IReadOnlyList<LineageNode> Nodes, IReadOnlyList<LineageEdge> Edges, bool Truncated);

/// <param name="Kind">experiment, run, dataset, parameters, version or deployment.</param>
/// <param name="Resource">Path below <c>/api/v1</c>; null for what has no address of its own, and for what was deleted.</param>
/// <param name="Facts">What else there is to say of it, such as stage, status, digest.</param>
public sealed record LineageNode(string Id, string Kind, string Name, string? Resource, IReadOnlyDictionary<string, string> Facts);

/// <summary>From what was there first to what was made of it.</summary>
/// <param name="Kind">contains, used, configured, produced, fine_tuned, live, rolling_out or earlier.</param>
public sealed record LineageEdge(string From, string To, string Kind);
