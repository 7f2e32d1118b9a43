namespace Slipway.Bench;

/// <summary>What both stubs answer: the JSON of a small classifier, 90 bytes.</summary>
internal static class Answer
{
    public static ReadOnlySpan<byte> Json => """{"species":"setosa","probabilities":{"setosa":0.98,"versicolor":0.02,"virginica":0.000001}}"""u8;
}
