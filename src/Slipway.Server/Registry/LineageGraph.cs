using System.Globalization;
using Slipway.Contracts;

namespace Slipway.Server.Registry;

/// <summary>Gathers nodes and edges, each once, up to a number that a page can still show.</summary>
internal sealed class LineageGraph
{
    public const int MostNodes = 400;

    private readonly Dictionary<string, LineageNode> nodes = new(StringComparer.Ordinal);
    private readonly List<string> start = [];
    private readonly HashSet<(string From, string To, string Kind)> edges = [];

    /// <summary>No further node was taken.</summary>
    public bool IsFull { get; private set; }

    public static string VersionId(string model, int number) => string.Create(CultureInfo.InvariantCulture, $"version/{model}/{number}");

    public void Start(string id) => start.Add(id);

    /// <summary>Adds a node that is not there yet.</summary>
    /// <returns>Its id; null when the graph is full.</returns>
    public string? Add(string id, string kind, string name, string? resource, params (string Name, string? Value)[] facts)
    {
        if (nodes.ContainsKey(id))
        {
            return id;
        }

        if (nodes.Count >= MostNodes)
        {
            IsFull = true;
            return null;
        }

        nodes[id] = new LineageNode(id, kind, name, resource, facts.Where(f => !string.IsNullOrEmpty(f.Value)).ToDictionary(f => f.Name, f => f.Value!, StringComparer.Ordinal));
        return id;
    }

    /// <summary>Connects two nodes, if both are there.</summary>
    public void Connect(string? from, string? to, string kind)
    {
        if (from is not null && to is not null && nodes.ContainsKey(from) && nodes.ContainsKey(to))
        {
            edges.Add((from, to, kind));
        }
    }

    public LineageInfo ToInfo() => new(
        [.. start], [.. nodes.Values], [.. edges.Select(e => new LineageEdge(e.From, e.To, e.Kind))], IsFull);
}
