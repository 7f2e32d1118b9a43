using System.Globalization;
using System.Text;
using Slipway.Serving.Tensors;

namespace Slipway.Server.Tests.Serving;

/// <summary>Numbers of a list, read as a run, are what they are one by one; and so is what is wrong with a list.</summary>
public sealed class NumberRunTests
{
    private static readonly ModelSignature Any = new([new TensorSpec("x", DataType.Fp32, [-1])], []);

    private static readonly string[] Good =
    [
        "0", "-0", "0.0", "1", "-1.5", "0.1", "42", "3.14159", "0.3333333333333333", "123456789012345", "1234567890123456", "12345678901234567890", "1e5", "-1E-3", "0.000000000000001",
        "16777217", "16777219", "1.00000017881393432617187499", "0.9999999701976776", "3.4028235e38", "1e-45",
    ];

    private static readonly string[] Bad = ["-", "01", "-01", "1.", ".5", "+1", "NaN", "Infinity", "0x1", "1e", "1e400", "null", "true", "\"1\"", "[1]", "{}", "1 2", "1/2", "", "\u00e9"];

    [Fact]
    public void A_run_of_numbers_is_what_they_are_one_by_one()
    {
        var random = new Random(11);
        string[] commas = [",", ", ", " ,", ",\n", "\t,\r\n ", ","];
        for (var i = 0; i < 4000; i++)
        {
            var text = new StringBuilder("[");
            var length = random.Next(0, 40);
            for (var n = 0; n < length; n++)
            {
                text.Append(n == 0 ? "" : commas[random.Next(commas.Length)])
                    .Append(random.Next(60) == 0 ? Bad[random.Next(Bad.Length)]
                        : random.Next(3) > 0 ? Good[random.Next(Good.Length)]
                        : (random.NextSingle() * Math.Pow(10, random.Next(-12, 12))).ToString(random.Next(2) == 0 ? "R" : "F6", CultureInfo.InvariantCulture));
            }

            text.Append(random.Next(20) switch { 0 => "", 1 => ",]", 2 => "]]", 3 => " ] x", 4 => "\n]\n", _ => "]" });
            Compare(text.ToString());
        }
    }

    [Theory]
    [InlineData("[1,2,3]")]
    [InlineData("[[1,2],[3,4]]")]
    [InlineData("[[1,2],[3,4],5]")]
    [InlineData("[1,2,[3]]")]
    [InlineData("[1,2")]
    [InlineData("[1,2,")]
    [InlineData("[1,,2]")]
    [InlineData("[1\n,\n2,\n3x]")]   // line and byte are those of the text
    [InlineData("{\"inputs\": {\"x\": [1, 2, 3]}}")]
    [InlineData("{\"inputs\": {\"x\": [1, 2, 3}}")]
    public void Shapes_and_errors_are_the_same(string text) => Compare(text);

    private static void Compare(string text)
    {
        var body = Encoding.UTF8.GetBytes(text);
        var (run, single) = (new InferRequest(), new InferRequest());
        var error = PlainJson.Read(body, Any, run);
        Assert.Equal(PlainJson.Read(body, runs: default, Any, single), error);
        if (error is null)
        {
            Assert.Equal(single.Inputs[0].Shape.ToArray(), run.Inputs[0].Shape.ToArray());
            Assert.Equal(single.Inputs[0].Data.ToArray(), run.Inputs[0].Data.ToArray());
        }
    }
}
