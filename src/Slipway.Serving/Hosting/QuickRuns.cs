using System.Numerics;

namespace Slipway.Serving.Hosting;

/// <summary>
/// Whether a request may be served on the I/O thread that brought it: learnt from what requests with bodies of about its length have cost, reading and writing included. What was
/// never measured may not, and a model whose graph has loops never may: its cost does not follow from the length of what it is given.
/// </summary>
/// <param name="isPossible">False: never.</param>
public sealed class QuickRuns(bool isPossible)
{
    /// <summary>What an I/O thread may spend on one request; the whole gateway goes by it.</summary>
    public const double BudgetSeconds = 20e-6;

    private const int LongestBody = 16_384;

    // A slow one is more often the machine's doing than the model's, but one that is slow each time is found out within a few.
    private const double WeightBelow = 0.5;
    private const double WeightAbove = 0.1;
    private const double MostAbove = 4;   // times what is known: a thread that was away for milliseconds tells nothing of the model

    private readonly double[] seconds = [.. Enumerable.Repeat(double.NaN, BitOperations.Log2(LongestBody) + 1)];

    public bool Allows(int bodyLength) => isPossible && bodyLength <= LongestBody && seconds[Bucket(bodyLength)] <= BudgetSeconds;

    /// <summary>Serving one request with a body of this length took so long.</summary>
    public void Observe(int bodyLength, double took)
    {
        if (bodyLength <= LongestBody)
        {
            ref var known = ref seconds[Bucket(bodyLength)];
            known = double.IsNaN(known) ? took : took < known ? known + (WeightBelow * (took - known)) : known + (WeightAbove * (Math.Min(took, MostAbove * known) - known));
        }
    }

    private static int Bucket(int bodyLength) => BitOperations.Log2((uint)Math.Max(1, bodyLength));
}
