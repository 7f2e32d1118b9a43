using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Slipway.Serving;
using Slipway.Serving.Tensors;

namespace Slipway.Testing;

/// <summary>Random requests for a model: types, shapes, NaN, zero size, 2^31 elements, wrong lengths, damaged JSON. About a third of them are good.</summary>
internal static class RandomTensors
{
    private static readonly long[] Sizes = [0, 1, 2, 3, 2, 1, 7, 1L << 31, 1L << 62, long.MaxValue, -1];

    /// <param name="name">Of the input.</param>
    /// <param name="type">That the model takes; some requests say another, as some have another rank.</param>
    public static (byte[] Body, PredictExtras? Extras, BodyType Type) Request(Random random, string name, DataType type, int rank)
    {
        var dialect = random.Next(3);
        if (dialect == 0)
        {
            return (Damaged(random, Encoding.UTF8.GetBytes(random.Next(2) == 0 ? List(random, type, rank, 4) : $$$"""{"inputs": {"{{{name}}}": {{{List(random, type, rank, 4)}}} }}""")), null, BodyType.Json);
        }

        var asked = random.Next(4) == 0 ? (DataType)random.Next(14) : type;
        var shape = Enumerable.Range(0, random.Next(5) == 0 ? random.Next(5) : rank).Select(i => random.Next(4) == 0 ? Sizes[random.Next(Sizes.Length)] : 2).ToArray();
        var count = shape.Aggregate(1L, (product, size) => size is < 0 or > 100 ? 2 : product * size);
        var spelled = $"[{string.Join(',', shape)}]";
        var extras = new PredictExtras(null, null, null, Dialects.OpenInference, null, "m", "1");
        if (dialect == 1)
        {
            var data = random.Next(3) == 0 ? List(random, asked, rank, 3) : $"[{string.Join(',', Enumerable.Range(0, (int)count).Select(_ => Element(random, asked)))}]";
            return (Damaged(random, Encoding.UTF8.GetBytes($$"""{"id":"i","inputs":[{"name":"{{name}}","datatype":"{{asked.Name()}}","shape":{{spelled}},"data":{{data}} }]}""")), extras, BodyType.Json);
        }

        var bytes = asked == DataType.Bytes ? Texts(random, (int)count) : Bytes(random, asked, (int)count);
        var said = random.Next(8) == 0 ? random.Next(200) : bytes.Length;
        var binary = random.Next(2) == 0 ? ",\"parameters\":{\"binary_data_output\":true}" : "";
        var head = Encoding.UTF8.GetBytes($$$"""{"inputs":[{"name":"{{{name}}}","datatype":"{{{asked.Name()}}}","shape":{{{spelled}}},"parameters":{"binary_data_size":{{{said}}} }}]{{{binary}}} }""");
        return ([.. head, .. bytes], extras with { JsonLength = random.Next(20) == 0 ? random.Next(-3, 400) : head.Length }, BodyType.OctetStream);
    }

    private static byte[] Damaged(Random random, byte[] body)
    {
        if (random.Next(6) == 0 && body.Length > 0)
        {
            body[random.Next(body.Length)] = (byte)random.Next(256);
        }

        return random.Next(10) == 0 ? body[..random.Next(body.Length + 1)] : body;
    }

    private static string List(Random random, DataType type, int rank, int most) => rank <= 0 && random.Next(8) != 0
        ? Element(random, type)
        : $"[{string.Join(',', Enumerable.Range(0, random.Next(3) == 0 ? random.Next(most) : 2).Select(_ => List(random, type, rank - 1, most)))}]";

    private static string Element(Random random, DataType type) => random.Next(60) == 0
        ? new[] { "null", "NaN", "1e400", "-1e39", "\"a\"", "{}", "true", "99999999999999999999", "\"\\ud800\"", "[]", "\"\\u0000\"" }[random.Next(11)]
        : type switch
        {
            DataType.Bool => random.Next(2) == 0 ? "true" : "false",
            DataType.Bytes => $"\"{(char)('a' + random.Next(26))}\\u00e9\"",
            _ when type.IsFloat() => (random.NextDouble() * 100).ToString("R", CultureInfo.InvariantCulture),
            _ => random.Next(100).ToString(CultureInfo.InvariantCulture),
        };

    private static byte[] Texts(Random random, int count)
    {
        var bytes = new List<byte>();
        for (var i = 0; i < count; i++)
        {
            var text = new byte[random.Next(6)];
            random.NextBytes(text);
            var length = new byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(length, random.Next(40) == 0 ? random.Next(int.MinValue, int.MaxValue) : text.Length);
            bytes.AddRange([.. length, .. text]);
        }

        return [.. bytes];
    }

    /// <summary>Any bits: NaN and infinities among them.</summary>
    private static byte[] Bytes(Random random, DataType type, int count)
    {
        var bytes = new byte[Math.Max(0, (count * type.Size()) + (random.Next(10) == 0 ? random.Next(-2, 3) : 0))];
        random.NextBytes(bytes);
        if (type == DataType.Bool && random.Next(5) != 0)
        {
            for (var i = 0; i < bytes.Length; i++)
            {
                bytes[i] &= 1;
            }
        }

        return bytes;
    }
}
