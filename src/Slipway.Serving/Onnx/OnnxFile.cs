using System.Text;

namespace Slipway.Serving.Onnx;

/// <summary>
/// What a model's file says before anything is loaded: a walk over its protocol buffers that allocates only what it reports. It finds every reference to another file,
/// in subgraphs and functions too.
/// </summary>
/// <remarks>Field numbers: onnx.proto3 of ONNX 1.17.</remarks>
public sealed class OnnxFile
{
    private const int MaxDepth = 64;
    private const int MaxText = 4096;

    private readonly SortedDictionary<string, long> opsets = new(StringComparer.Ordinal);
    private readonly SortedSet<string> externalFiles = new(StringComparer.Ordinal);
    private bool hasGraph;

    private OnnxFile()
    {
    }

    public long IrVersion { get; private set; }

    public string Producer { get; private set; } = "";

    public string ProducerVersion { get; private set; } = "";

    /// <summary>Version by domain; the domain of ONNX itself is <c>ai.onnx</c>.</summary>
    public IReadOnlyDictionary<string, long> Opsets => opsets;

    /// <summary>Whether a node repeats a part of the graph (Loop, Scan, SequenceMap): how long a run takes then depends on what it is given.</summary>
    public bool HasLoops { get; private set; }

    /// <summary>Locations of external data as the file has them; not checked.</summary>
    public IReadOnlyCollection<string> ExternalFiles => externalFiles;

    /// <exception cref="OnnxException">bad_model: this is not an ONNX model, or its end is missing.</exception>
    public static OnnxFile Read(ReadOnlySpan<byte> bytes)
    {
        var file = new OnnxFile();
        file.Model(bytes);
        return file.hasGraph && file.opsets.Count > 0 && file.IrVersion > 0
            ? file
            : throw new OnnxException(OnnxFault.BadModel, "The file is not an ONNX model.");
    }

    /// <summary>Whether a location of external data stays beside the model: relative, and without a step up.</summary>
    public static bool IsInside(string location) =>
        location.Length is > 0 and <= 1024 && location[0] is not ('/' or '\\') && !location.Contains('\0', StringComparison.Ordinal) && !location.Contains('\\', StringComparison.Ordinal)
        && !location.Contains(':', StringComparison.Ordinal) && !location.Split('/').Contains("..");

    private void Model(ReadOnlySpan<byte> bytes)
    {
        while (Next(ref bytes, out var field, out var number, out var content))
        {
            switch (field)
            {
                case 1:
                    IrVersion = (long)number;
                    break;
                case 2:
                    Producer = Text(content);
                    break;
                case 3:
                    ProducerVersion = Text(content);
                    break;
                case 7:
                    hasGraph = true;
                    Graph(content, 0);
                    break;
                case 8:
                    Opset(content);
                    break;
                case 25:
                    Nodes(content, 7, 0);
                    break;
            }
        }
    }

    private void Opset(ReadOnlySpan<byte> bytes)
    {
        var (domain, version) = ("", 0L);
        while (Next(ref bytes, out var field, out var number, out var content))
        {
            domain = field == 1 ? Text(content) : domain;
            version = field == 2 ? (long)number : version;
        }

        opsets[domain.Length == 0 ? "ai.onnx" : domain] = version;
    }

    private void Graph(ReadOnlySpan<byte> bytes, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new OnnxException(OnnxFault.BadModel, $"The model's graphs are nested more than {MaxDepth} deep.");
        }

        while (Next(ref bytes, out var field, out _, out var content))
        {
            switch (field)
            {
                case 1:
                    Node(content, depth);
                    break;
                case 5:
                    Tensor(content);
                    break;
                case 15:
                    Sparse(content);
                    break;
            }
        }
    }

    private void Nodes(ReadOnlySpan<byte> bytes, int nodes, int depth)
    {
        while (Next(ref bytes, out var field, out _, out var content))
        {
            if (field == nodes)
            {
                Node(content, depth);
            }
        }
    }

    private void Node(ReadOnlySpan<byte> bytes, int depth)
    {
        while (Next(ref bytes, out var field, out _, out var content))
        {
            if (field == 5)
            {
                Attribute(content, depth);
            }

            HasLoops |= field == 4 && (content.SequenceEqual("Loop"u8) || content.SequenceEqual("Scan"u8) || content.SequenceEqual("SequenceMap"u8));
        }
    }

    private void Attribute(ReadOnlySpan<byte> bytes, int depth)
    {
        while (Next(ref bytes, out var field, out _, out var content))
        {
            switch (field)
            {
                case 5 or 10:
                    Tensor(content);
                    break;
                case 6 or 11:
                    Graph(content, depth + 1);
                    break;
                case 22 or 23:
                    Sparse(content);
                    break;
            }
        }
    }

    private void Sparse(ReadOnlySpan<byte> bytes)
    {
        while (Next(ref bytes, out var field, out _, out var content))
        {
            if (field is 1 or 2)
            {
                Tensor(content);
            }
        }
    }

    private void Tensor(ReadOnlySpan<byte> bytes)
    {
        while (Next(ref bytes, out var field, out _, out var content))
        {
            if (field == 13)
            {
                var (key, value) = ("", "");
                while (Next(ref content, out var part, out _, out var text))
                {
                    key = part == 1 ? Text(text) : key;
                    value = part == 2 ? Text(text) : value;
                }

                if (key == "location")
                {
                    externalFiles.Add(value);
                }
            }
        }
    }

    /// <summary>Takes the next field.</summary>
    /// <param name="number">Of a varint; 0 otherwise.</param>
    /// <param name="content">Of a length-delimited field; empty otherwise.</param>
    /// <returns>False at the end.</returns>
    private static bool Next(ref ReadOnlySpan<byte> bytes, out int field, out ulong number, out ReadOnlySpan<byte> content)
    {
        (field, number) = (0, 0);
        content = default;
        if (bytes.IsEmpty)
        {
            return false;
        }

        var tag = Varint(ref bytes);
        field = tag >> 3 is > 0 and < 1 << 29 ? (int)(tag >> 3) : throw Damaged();
        switch (tag & 7)
        {
            case 0:
                number = Varint(ref bytes);
                return true;
            case 1:
                Take(ref bytes, 8);
                return true;
            case 2:
                content = Take(ref bytes, Varint(ref bytes));
                return true;
            case 5:
                Take(ref bytes, 4);
                return true;
            default:
                throw Damaged();
        }
    }

    private static ulong Varint(ref ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (var i = 0; i < 10; i++)
        {
            if (i >= bytes.Length)
            {
                throw Damaged();
            }

            value |= (ulong)(bytes[i] & 0x7F) << (7 * i);
            if (bytes[i] < 0x80)
            {
                bytes = bytes[(i + 1)..];
                return value;
            }
        }

        throw Damaged();
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> bytes, ulong length)
    {
        if (length > (ulong)bytes.Length)
        {
            throw Damaged();
        }

        var taken = bytes[..(int)length];
        bytes = bytes[(int)length..];
        return taken;
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, MaxText)]);

    private static OnnxException Damaged() => new(OnnxFault.BadModel, "The file is not an ONNX model, or it is damaged or cut off.");
}
