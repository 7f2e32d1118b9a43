using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary>A lineage graph as two trees: where it came from, and what was made of it.</summary>
internal static class LineageTree
{
    public static void Write(LineageInfo graph)
    {
        var nodes = graph.Nodes.ToDictionary(n => n.Id);
        foreach (var start in graph.Start)
        {
            Console.Out.WriteLine(Words(nodes[start]));
            Branch(graph.Edges.Where(e => e.To == start).Select(e => (nodes[e.From], e.Kind)), "came from", n => graph.Edges.Where(e => e.To == n.Id).Select(e => (nodes[e.From], e.Kind)));
            Branch(graph.Edges.Where(e => e.From == start).Select(e => (nodes[e.To], e.Kind)), "led to", n => graph.Edges.Where(e => e.From == n.Id).Select(e => (nodes[e.To], e.Kind)));
        }

        if (graph.Truncated)
        {
            CommandContext.Say("There is more than is shown here.");
        }
    }

    private static void Branch(IEnumerable<(LineageNode Node, string Kind)> level, string title, Func<LineageNode, IEnumerable<(LineageNode, string)>> next)
    {
        var first = level.ToList();
        if (first.Count > 0)
        {
            Console.Out.WriteLine($"  {title}");
            Lines(first, "  ", next, []);
        }
    }

    private static void Lines(
        List<(LineageNode Node, string Kind)> level, string indent, Func<LineageNode, IEnumerable<(LineageNode, string)>> next, HashSet<string> seen)
    {
        for (var i = 0; i < level.Count; i++)
        {
            var (node, kind) = level[i];
            var last = i == level.Count - 1;
            var again = !seen.Add(node.Id);
            Console.Out.WriteLine($"{indent}{(last ? "└─ " : "├─ ")}{Words(node)}  ({kind.Replace('_', ' ')}){(again ? "  see above" : "")}");
            if (!again)
            {
                Lines([.. next(node)], indent + (last ? "   " : "│  "), next, seen);
            }
        }
    }

    private static string Words(LineageNode node) => node.Kind switch
    {
        "version" => $"{node.Name}{(node.Facts.ContainsKey("deleted") ? ", deleted" : node.Facts.TryGetValue("stage", out var stage) && stage != "None" ? $", {stage}" : "")}",
        "parameters" => $"{node.Name}: {string.Join(", ", node.Facts.Select(f => $"{f.Key}={f.Value}"))}",
        "dataset" => $"data set {node.Name}{(node.Facts.TryGetValue("uri", out var uri) ? $", {uri}" : "")}",
        "deployment" => $"deployment {node.Name}{(node.Facts.TryGetValue("status", out var status) ? $", {status}" : "")}",
        _ => $"{node.Kind} {node.Name}",
    };
}
