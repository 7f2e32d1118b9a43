using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Slipway.Serving;

namespace Slipway.Server.Gateway;

/// <summary>5: one attempt on one replica.</summary>
internal sealed partial class Exchange
{
    /// <summary>Null: answered, or nobody is left to answer.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<GatewayError?> CallAsync()
    {
        var place = slot!;
        var admission = variant!.Admission;
        var sentAt = Stopwatch.GetTimestamp();
        var left = Math.Max(1, (Volatile.Read(ref deadlineAt) - sentAt) * 1000 / Stopwatch.Frequency);
        var extras = variant.ExtrasOf(path.Form, namedType, traceParent, jsonLength);
        var first = Math.Min(bodyLength, Frame.MaxBody - extras.Length);
        var more = isStreamedBody || first < bodyLength;
        var head = new PredictHead(predictionId, (uint)Math.Min(left, uint.MaxValue), bodyType, more);
        if (place.Link.TryStart(head, extras, body.AsSpan(0, first)) is not { } running)
        {
            admission.Leave(place);
            Judge(place, failed: true, sentAt);
            return GatewayErrors.ReplicaUnreachable;
        }

        Attach(running);
        var id = running.Id;
        var upload = more ? UploadAsync(running, id, first) : null;
        var left2 = false;
        try
        {
            await running.WaitAsync();
            var ended = running.Take(out var bytes);
            replicaTicks = Stopwatch.GetTimestamp() - sentAt;
            if (running.Outcome is CallOutcome.Open or CallOutcome.Complete && running.Status >= 500 && IsCovered(running.Status))
            {
                Judge(place, failed: true, sentAt);
                return GatewayErrors.ModelStatus(running.Status);
            }

            if (!ended || (running.IsLong && running.Outcome is CallOutcome.Complete or CallOutcome.Broken))
            {
                var failure = await AnswerLongAsync(running, bytes, ended, sentAt);
                Judge(place, failure is { FailsGate: true } || running.Status >= 500 || running.Outcome is CallOutcome.Lost or CallOutcome.Broken or CallOutcome.Expired, sentAt);
                return failure;
            }

            // The place is free before the answer is written: whoever waits for it starts now.
            left2 = true;
            Detach(place, running);
            if (running.Outcome != CallOutcome.Complete)
            {
                var error = ErrorOf(running);
                Judge(place, error.FailsGate, sentAt);
                return error;
            }

            Judge(place, running.Status >= 500, sentAt);
            return await AnswerWholeAsync(running, bytes);
        }
        finally
        {
            if (!left2)
            {
                Detach(place, running);
            }

            if (upload is not null)
            {
                if (!upload.IsCompleted && isStreamedBody)
                {
                    context.Request.BodyReader.CancelPendingRead();
                }

                await upload;
            }

            running.Release();
        }
    }

    private void Attach(ReplicaCall running)
    {
        CallOutcome why;
        lock (gate)
        {
            call = running;
            callId = running.Id;
            why = stopped;
        }

        if (why != CallOutcome.Open)
        {
            running.Abort(running.Id, why);
        }
    }

    private void Detach(ReplicaSlot place, ReplicaCall running)
    {
        lock (gate)
        {
            call = null;
        }

        running.Abort(running.Id, CallOutcome.Cancelled);
        place.Link.Ended();
        variant!.Admission.Leave(place);
    }

    /// <summary>Counts the call on its replica, and tells the admission when it failed.</summary>
    private void Judge(ReplicaSlot place, bool failed, long sentAt)
    {
        place.Link.Count(Stopwatch.GetElapsedTime(sentAt), failed);
        if (variant!.Admission.Judge(place, failed))
        {
            gateway.Ejected(place.Link.ReplicaId, variant);
        }
    }

    private GatewayError ErrorOf(ReplicaCall ended)
    {
        switch (ended.Outcome)
        {
            case CallOutcome.Lost:
                return ended.MayHaveBegun ? GatewayErrors.ReplicaLost : GatewayErrors.ReplicaUnreachable;
            case CallOutcome.Expired:
                return GatewayErrors.Deadline;
            case CallOutcome.Cancelled:
                return uploadError ?? StopError();
            case CallOutcome.Broken:
                return GatewayErrors.StreamBroken;
        }

        var error = ended.Error!;
        if (error.Code == "cancelled")
        {
            // We did not ask for it: the replica believes that our connection was replaced.
            return error.Begun ? GatewayErrors.ReplicaLost : GatewayErrors.ReplicaUnreachable;
        }

        var status = error.Status is >= 400 and <= 599 ? error.Status : 502;
        var detail = error.Code == "model_status" && IsJsonText(error.Message) ? error.Message : null;
        return new GatewayError(
            status, error.Code, detail is null ? error.Message : MessageOf(detail), error.FromModel, error.Begun, detail, FailsGate: status is 502 or 503 or 504 || (error.FromModel && status >= 500));
    }

    private static bool IsJsonText(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string MessageOf(string detail)
    {
        using var document = JsonDocument.Parse(detail);
        return document.RootElement.ValueKind == JsonValueKind.String ? document.RootElement.GetString()! : detail;
    }
}
