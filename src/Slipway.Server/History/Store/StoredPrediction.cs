using System.Text;
using Slipway.Contracts;

namespace Slipway.Server.History.Store;

/// <summary>A prediction as it was read from the store.</summary>
/// <param name="Status">HTTP status; 0: aborted.</param>
/// <param name="Input">As stored; null when bodies were not asked for.</param>
internal sealed record StoredPrediction(long Sequence, RouteLabel Route, Guid Id, short Status, Origin Origin, PredictionDetails Details, byte[]? Input, byte[]? Output)
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public PredictionInfo ToInfo() => new(
        Id.ToString(), new DateTimeOffset(Details.ReceivedUtcTicks, TimeSpan.Zero), Route.Environment, Route.Deployment, Route.Revision, Route.Variant, Route.Model,
        Route.ModelVersion, Word(Origin), Word(Details.Dialect), Status == 0 ? null : Status, Status == 0 ? "aborted" : "complete", Details.ErrorCode,
        Details.ErrorCode is null ? null : Details.Flags.HasFlag(DetailFlags.FromModel) ? "model" : "slipway", Ms(Details.TotalMicros), Ms(Details.QueueMicros),
        Ms(Details.ReplicaMicros), Details.Attempts, Details.User, Details.InputLength, Details.OutputLength,
        Route.Row is { } row ? row == 0 ? "default_matched" : "matched" : null, Route.Row, Route.RoutedTo);

    /// <param name="withBodies">Whether the caller may read them.</param>
    public PredictionDetail ToDetail(bool withBodies) => new(
        ToInfo(),
        withBodies ? Body(Input, Details.Flags, DetailFlags.InputPacked, DetailFlags.InputComplete, Details.InputType, Details.InputLength) : null,
        withBodies && Status != 0 ? Body(Output, Details.Flags, DetailFlags.OutputPacked, DetailFlags.OutputComplete, Details.OutputType, Details.OutputLength) : null,
        RoutingNote.Of(Details.Note, withBodies));

    public static string Word(Origin origin) => origin switch
    {
        Origin.Live => "live",
        Origin.Ui => "ui",
        Origin.Sdk => "sdk",
        Origin.Simulator => "simulator",
        Origin.Shadow => "shadow",
        Origin.Rehearsal => "rehearsal",
        _ => "unknown",
    };

    public static string Word(Dialect dialect) => dialect switch
    {
        Dialect.Promote => "promote",
        Dialect.Invocations => "invocations",
        Dialect.OpenInference => "open_inference",
        Dialect.OpenAi => "openai",
        Dialect.Orq => "orq",
        Dialect.MLflow => "mlflow",
        _ => "unknown",
    };

    private double? Ms(long micros) => Status == 0 ? null : micros / 1000.0;

    // Nothing of a body that is not complete: it was not recorded.
    private static RecordedBody? Body(byte[]? stored, DetailFlags flags, DetailFlags packed, DetailFlags complete, string? contentType, long length)
    {
        var isComplete = flags.HasFlag(complete);
        if (stored is null || (stored.Length == 0 && !isComplete))
        {
            return null;
        }

        var bytes = PredictionDetails.Unpack(stored, flags.HasFlag(packed));
        return TextOf(bytes, isComplete) is { } text
            ? new RecordedBody(contentType, text, null, length, isComplete)
            : new RecordedBody(contentType, null, Convert.ToBase64String(bytes), length, isComplete);
    }

    // A body that was cut may end inside a character: up to three bytes of it are left out of the text.
    private static string? TextOf(byte[] bytes, bool isComplete)
    {
        for (var cut = 0; cut <= (isComplete ? 0 : Math.Min(3, bytes.Length)); cut++)
        {
            try
            {
                var text = Strict.GetString(bytes, 0, bytes.Length - cut);
                return text.Contains('\0') ? null : text;
            }
            catch (DecoderFallbackException)
            {
                // not text up to here
            }
        }

        return null;
    }
}
