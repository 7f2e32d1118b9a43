namespace Slipway.Bench;

/// <summary>What the stubs answer: the JSON of a small classifier, 90 bytes; of a stream, one event of it.</summary>
internal static class Answer
{
    public static ReadOnlySpan<byte> Json => """{"species":"setosa","probabilities":{"setosa":0.98,"versicolor":0.02,"virginica":0.000001}}"""u8;

    public static ReadOnlySpan<byte> Event => "{\"delta\":\"a word or two of a text\",\"index\":0,\"finish_reason\":null}\n"u8;
}
