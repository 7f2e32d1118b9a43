using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Net.Mime;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Slipway.Serving;
using Slipway.Server.Platform;

namespace Slipway.Server.Gateway;

/// <summary>3: the body, whole when it is small, and on its way when it is not.</summary>
internal sealed partial class Exchange
{
    private const int KeptSize = 16_384;
    private const int LongWork = 16_384; // bytes that take too long to guard or copy for an I/O thread
    private const long KestrelLimit = 30_000_000;
    private byte[] body = [];
    private int bodyLength; // of what is buffered: all of it, or the beginning
    private bool isStreamedBody;
    private long bodyTotal;
    private GatewayError? uploadError;
    private BodyType bodyType;
    private string? namedType; // content type that has no number of its own
    private string? traceParent;
    private long? jsonLength; // of an Open Inference body with binary tensors

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<GatewayError?> ReadBodyAsync()
    {
        bodyLength = 0;
        bodyTotal = 0;
        isStreamedBody = false;
        uploadError = null;
        if (ReadHead() is { } refusal)
        {
            return refusal;
        }

        var length = context.Request.ContentLength;
        if (length > gateway.Options.MaxBodyBytes)
        {
            return GatewayErrors.TooLarge;
        }

        if (length is null or > KestrelLimit && context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = gateway.Options.MaxBodyBytes;
        }

        if (length > gateway.Options.BufferedBodyBytes)
        {
            // Room for what is recorded, at once: the answer may be recorded while the upload still fills it.
            Grow(gateway.Options.RecordedStreamBytes);
            isStreamedBody = true;
            return null;
        }

        var reader = context.Request.BodyReader;
        try
        {
            while (true)
            {
                var read = await reader.ReadAsync();
                Keep(read.Buffer);
                reader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                {
                    break;
                }

                if (bodyLength > gateway.Options.BufferedBodyBytes)
                {
                    isStreamedBody = true;
                    return null;
                }
            }
        }
        catch (Exception exception) when (IsUpload(exception))
        {
            return UploadError(exception);
        }

        if (path.Form == PredictForm.Envelope)
        {
            return await GuardAsync();
        }

        if (readsBody && bodyLength > LongWork)
        {
            await Task.Yield(); // to the thread pool: routing parses it
        }

        return null;
    }

    /// <summary>Only JSON that every reader reads alike reaches a model and the history.</summary>
    private async ValueTask<GatewayError?> GuardAsync()
    {
        if (bodyLength > LongWork)
        {
            await Task.Yield(); // to the thread pool
        }

        return JsonGuard.Check(body.AsSpan(0, bodyLength)) is { } refusal ? new GatewayError(refusal.Status, refusal.Code, refusal.Detail) : null;
    }

    /// <summary>Reads content type, trace and length of JSON from the headers.</summary>
    /// <returns>Null, or the refusal of a type that the route does not take.</returns>
    private GatewayError? ReadHead()
    {
        var request = context.Request;
        var type = request.ContentType;
        bodyType = type switch
        {
            "application/json" => BodyType.Json,
            "application/octet-stream" => BodyType.OctetStream,
            "text/plain; charset=utf-8" => BodyType.Text,
            _ when string.IsNullOrEmpty(type) => path.Form == PredictForm.Invocations ? BodyType.OctetStream : BodyType.Json,
            _ when IsJson(type) => BodyType.Json,
            _ => BodyType.Named,
        };
        namedType = bodyType == BodyType.Named ? type : null;
        traceParent = request.Headers.TraceParent.Count == 1 && IsTraceParent(request.Headers.TraceParent[0]) ? request.Headers.TraceParent[0] : null;
        jsonLength = null;
        switch (path.Form)
        {
            case PredictForm.Envelope when bodyType != BodyType.Json:
                return GatewayErrors.NotJson;
            case PredictForm.OpenInference when bodyType is not (BodyType.Json or BodyType.OctetStream):
                return GatewayErrors.NotTensors;
            case PredictForm.OpenInference when request.Headers.TryGetValue(OpenInference.JsonLengthHeader, out var length):
                if (length.Count != 1 || !long.TryParse(length[0], NumberStyles.None, CultureInfo.InvariantCulture, out var bytes))
                {
                    return GatewayErrors.BadJsonLength;
                }

                jsonLength = bytes;
                break;
        }

        return null;
    }

    private static bool IsJson(string type)
    {
        var semicolon = type.IndexOf(';');
        var media = (semicolon < 0 ? type : type.AsSpan(0, semicolon)).Trim();
        return media.Equals(MediaTypeNames.Application.Json, StringComparison.OrdinalIgnoreCase) || media.EndsWith("+json", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>W3C trace context, version 00: anything else is not passed on.</summary>
    private static bool IsTraceParent(string? value) =>
        value is { Length: 55 } && value[2] == '-' && value[35] == '-' && value[52] == '-' && !value.AsSpan().ContainsAnyExcept("0123456789abcdef-");

    private void Keep(in ReadOnlySequence<byte> bytes)
    {
        var needed = bodyLength + (int)bytes.Length;
        if (body.Length < needed)
        {
            var expected = context.Request.ContentLength is { } length ? (int)Math.Min(length, gateway.Options.BufferedBodyBytes) : body.Length * 2;
            Grow(Math.Max(4096, Math.Max(needed, expected)));
        }

        bytes.CopyTo(body.AsSpan(bodyLength));
        bodyLength = needed;
        bodyTotal = needed;
    }

    private void Grow(int size)
    {
        if (body.Length >= size)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(size);
        body.AsSpan(0, bodyLength).CopyTo(larger);
        if (body.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(body);
        }

        body = larger;
    }

    private void ReleaseBody()
    {
        if (body.Length > KeptSize)
        {
            ArrayPool<byte>.Shared.Return(body);
            body = [];
        }

        if (output.Length > KeptSize)
        {
            ArrayPool<byte>.Shared.Return(output);
            output = [];
        }
    }

    /// <summary>Sends what did not fit into the first frame, and then, for a streamed body, the rest as it comes.</summary>
    private async Task UploadAsync(ReplicaCall to, ulong id, int sent)
    {
        try
        {
            if (!await to.SendBodyAsync(body.AsMemory(sent, bodyLength - sent), isStreamedBody) || !isStreamedBody)
            {
                return;
            }

            var reader = context.Request.BodyReader;
            while (true)
            {
                var read = await reader.ReadAsync();
                if (read.IsCanceled)
                {
                    reader.AdvanceTo(read.Buffer.Start);
                    return;
                }

                var open = await PassAsync(to, read.Buffer);
                reader.AdvanceTo(read.Buffer.End);
                if (!open || (read.IsCompleted && !await to.SendBodyAsync(default, more: false)) || read.IsCompleted)
                {
                    return;
                }
            }
        }
        catch (Exception exception) when (IsUpload(exception))
        {
            uploadError = UploadError(exception);
            to.Abort(id, CallOutcome.Cancelled);
        }
    }

    private async ValueTask<bool> PassAsync(ReplicaCall to, ReadOnlySequence<byte> bytes)
    {
        bodyTotal += bytes.Length;
        foreach (var segment in bytes)
        {
            if (bodyLength < gateway.Options.RecordedStreamBytes)
            {
                var total = bodyTotal;
                var room = Math.Min(segment.Length, gateway.Options.RecordedStreamBytes - bodyLength);
                Keep(new ReadOnlySequence<byte>(segment[..room]));
                bodyTotal = total;
            }

            if (!segment.IsEmpty && !await to.SendBodyAsync(segment, more: true))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsUpload(Exception exception) => exception is BadHttpRequestException or ConnectionResetException or ConnectionAbortedException or OperationCanceledException or IOException;

    private GatewayError UploadError(Exception exception) => exception is BadHttpRequestException bad
        ? bad.StatusCode switch
        {
            413 => GatewayErrors.TooLarge,
            408 => GatewayErrors.BodySlow,
            _ => context.RequestAborted.IsCancellationRequested ? GatewayErrors.ClientGone : GatewayErrors.BodyBroken,
        }
        : GatewayErrors.ClientGone;
}
