using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Slipway.Serving;
using Slipway.Server.History;

namespace Slipway.Server.Gateway;

/// <summary>7: the answer, and its record.</summary>
internal sealed partial class Exchange
{
    private const string Json = "application/json";
    private byte[] output = []; // what is recorded of a long answer
    private int outputLength;
    private long outputTotal;

    private bool IsEnvelope => path.Form == PredictForm.Envelope;

    private string ErrorType => path.Form == PredictForm.Invocations ? "application/problem+json" : Json;

    private Dialect Dialect => path.Form switch
    {
        PredictForm.Envelope => Dialect.Promote,
        PredictForm.OpenInference => Dialect.OpenInference,
        _ => Dialect.Invocations,
    };

    /// <summary>An answer of one frame.</summary>
    private async ValueTask<GatewayError?> AnswerWholeAsync(ReplicaCall answered, ReadOnlyMemory<byte> bytes)
    {
        if (!IsPassable(answered))
        {
            return GatewayErrors.BadAnswer;
        }

        if (bodyLength > LongWork)
        {
            await Task.Yield(); // to the thread pool
        }

        var wrap = IsEnvelope && answered.IsJson;
        var response = context.Response;
        WriteHead(answered.Status, wrap ? Json : answered.ContentType, fromModel: answered.Status >= 400);
        WriteJsonLength(answered);
        var size = bytes.Length + (wrap ? Envelope.Size(variant!) : 0);
        response.ContentLength = size;
        RecordBegin();
        RecordEnd(answered.Status, null, answered.Status >= 400, answered.ContentType, bytes.Span, bytes.Length, isWhole: true, failed: answered.Status >= 500);
        await response.StartAsync();
        var writer = response.BodyWriter;
        if (wrap)
        {
            Envelope.WriteHead(writer, receivedAt);
        }

        writer.Write(bytes.Span);
        if (wrap)
        {
            Envelope.WriteTail(writer, predictionId, variant!);
        }

        return null;
    }

    /// <summary>An answer of several frames: each is passed on as it comes. What fails after the first byte breaks the connection.</summary>
    private async ValueTask<GatewayError?> AnswerLongAsync(ReplicaCall running, ReadOnlyMemory<byte> bytes, bool ended, long sentAt)
    {
        if (!IsPassable(running))
        {
            return GatewayErrors.BadAnswer;
        }

        var wrap = IsEnvelope && running.IsJson && !running.IsStream;
        var response = context.Response;
        outputLength = 0;
        outputTotal = 0;
        WriteHead(running.Status, wrap ? Json : running.ContentType, fromModel: running.Status >= 400);
        WriteJsonLength(running);
        RecordBegin();
        await response.StartAsync();
        if (wrap)
        {
            Envelope.WriteHead(response.BodyWriter, receivedAt);
        }

        while (true)
        {
            KeepOutput(bytes.Span, running.IsStream);
            var failed = ended && running.Outcome != CallOutcome.Complete;
            if (ended && !failed)
            {
                replicaTicks = Stopwatch.GetTimestamp() - sentAt;
                RecordEnd(
                    running.Status, null, running.Status >= 400, running.ContentType, output.AsSpan(0, outputLength), outputTotal, outputLength == outputTotal,
                    failed: running.Status >= 500);
                response.BodyWriter.Write(bytes.Span);
                if (wrap)
                {
                    Envelope.WriteTail(response.BodyWriter, predictionId, variant!);
                }

                return null;
            }

            // Writing nothing would not send the headers of a stream that has begun.
            var flushed = bytes.IsEmpty ? await response.BodyWriter.FlushAsync() : await response.BodyWriter.WriteAsync(bytes);
            if (failed)
            {
                replicaTicks = Stopwatch.GetTimestamp() - sentAt;
                var error = ErrorOf(running);
                var status = error.Status == 499 ? 499 : error.Status == 504 ? 504 : 502;
                RecordEnd(
                    status, error.Code, error.FromModel, running.ContentType, output.AsSpan(0, outputLength), outputTotal, isWhole: false,
                    failed: error.FailsGate);
                context.Abort();
                return null;
            }

            if (flushed.IsCompleted)
            {
                Stop(CallOutcome.Cancelled);
            }

            running.Grant(bytes.Length);
            await running.WaitAsync();
            ended = running.Take(out bytes);
        }
    }

    /// <summary>The error in the route's dialect; before that its record, where a deployment has been found.</summary>
    private async Task AnswerErrorAsync(GatewayError error)
    {
        if (error.Status == 499 || context.Response.HasStarted)
        {
            Record(error, default);
            context.Abort();
            return;
        }

        var response = context.Response;
        var passes = path.Form == PredictForm.Invocations && error.Detail is not null;
        ReadOnlyMemory<byte> text = passes ? System.Text.Encoding.UTF8.GetBytes(error.Detail!) : TextOf(error);
        WriteHead(error.Status, passes ? Json : ErrorType, error.FromModel);
        if (error.RetryAfterSeconds > 0)
        {
            response.Headers.RetryAfter = error.RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        }

        if (error.Status == 401)
        {
            response.Headers.WWWAuthenticate = "Bearer";
        }

        response.ContentLength = text.Length;
        Record(error, text.Span);
        await response.StartAsync();
        response.BodyWriter.Write(text.Span);
    }

    private ReadOnlyMemory<byte> TextOf(GatewayError error)
    {
        if (path.Form == PredictForm.Invocations)
        {
            return error.ProblemOf(predictionId);
        }

        var text = new ArrayBufferWriter<byte>(512);
        if (IsEnvelope)
        {
            Envelope.WriteError(text, error, predictionId, receivedAt, target, variant);
        }
        else
        {
            OpenInference.WriteError(text, error.Code, error.Message, error.Detail);
        }

        return text.WrittenMemory;
    }

    private void WriteHead(int status, string contentType, bool fromModel)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = contentType;
        var headers = response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers["Slipway-Prediction-Id"] = predictionId.ToString();
        if (variant is not null)
        {
            headers["Slipway-Revision"] = variant.RevisionHeader;
            headers["Slipway-Variant"] = variant.Route.Answers;
            if (choice?.Header is { } routing)
            {
                headers["Slipway-Routing"] = routing;
            }

            if (primaryError is not null)
            {
                headers["Slipway-Fallback-From"] = choice!.Variant.Route.Name;
            }

            headers["Slipway-Attempts"] = Numbers.Whole(attempts);
            headers["Slipway-Queue-Ms"] = Numbers.Milliseconds(queueTicks);
            headers["Slipway-Replica-Ms"] = Numbers.Milliseconds(replicaTicks);
        }

        if (fromModel)
        {
            headers["Slipway-Error-Source"] = "model";
        }

        WriteStickyCookie();
    }

    private void WriteJsonLength(ReplicaCall answered)
    {
        if (path.Form == PredictForm.OpenInference && answered.JsonLength is { } length)
        {
            context.Response.Headers[OpenInference.JsonLengthHeader] = length.ToString(CultureInfo.InvariantCulture);
        }
    }

    private void Record(GatewayError error, ReadOnlySpan<byte> answer)
    {
        if (variant is null)
        {
            return;
        }

        RecordBegin();
        RecordEnd(error.Status, error.Code, error.FromModel, ErrorType, answer, answer.Length, isWhole: true, error.FailsGate);
    }

    private void RecordBegin()
    {
        if (gateway.Journal is not { } journal)
        {
            return;
        }

        var bodies = target!.Route.RecordBodies;
        var kept = !bodies ? 0 : isStreamedBody ? Math.Min(bodyLength, gateway.Options.RecordedStreamBytes) : bodyLength;
        journal.Begin(
            Label,
            new PredictionBegin(
                predictionId, receivedAt.UtcTicks, caller.Origin, Dialect, caller.UserId, caller.User,
                context.Request.ContentType, bodies && !isStreamedBody && kept == bodyTotal, Math.Max(bodyTotal, context.Request.ContentLength ?? 0), Note()),
            body.AsSpan(0, kept));
    }

    private void RecordEnd(
        int status, string? code, bool fromModel, string contentType, ReadOnlySpan<byte> answer, long length, bool isWhole, bool failed)
    {
        var took = Stopwatch.GetElapsedTime(startedAt);
        if (caller.Origin is Origin.Live or Origin.Sdk)
        {
            variant!.Counters.Count(took, failed, status, queueTicks, replicaTicks, receivedAt.UtcTicks);
        }

        if (gateway.Journal is not { } journal)
        {
            return;
        }

        var bodies = target!.Route.RecordBodies;
        journal.End(
            Label,
            new PredictionEnd(
                predictionId, (short)status, code, fromModel, (long)took.TotalMicroseconds, Micros(queueTicks), Micros(replicaTicks), (byte)attempts, contentType,
                bodies && isWhole, length),
            bodies ? answer : default);
    }

    private static long Micros(long ticks) => ticks * 1_000_000 / Stopwatch.Frequency;

    /// <summary>Keeps the beginning of a long answer for its record: of a stream less than of one that has an end.</summary>
    private void KeepOutput(ReadOnlySpan<byte> bytes, bool isStream)
    {
        outputTotal += bytes.Length;
        var limit = isStream ? gateway.Options.RecordedStreamBytes : gateway.Options.BufferedBodyBytes;
        var take = gateway.Journal is null ? 0 : Math.Min(bytes.Length, limit - outputLength);
        if (take <= 0)
        {
            return;
        }

        if (output.Length < outputLength + take)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(4096, Math.Max(output.Length * 2, outputLength + take)));
            output.AsSpan(0, outputLength).CopyTo(larger);
            if (output.Length > 0)
            {
                ArrayPool<byte>.Shared.Return(output);
            }

            output = larger;
        }

        bytes[..take].CopyTo(output.AsSpan(outputLength));
        outputLength += take;
    }

    /// <summary>A status and content type that HTTP can carry; a model chooses both.</summary>
    private static bool IsPassable(ReplicaCall answered) =>
        answered.Status is >= 200 and <= 599 and not 204 and not 205 and not 304 && answered.ContentType.Length is > 0 and <= 256
        && !answered.ContentType.AsSpan().ContainsAnyExceptInRange(' ', '~');
}
