using System.Buffers.Binary;
using System.Globalization;
using Slipway.Serving.Onnx;
using Slipway.Serving.Tensors;

namespace Slipway.Serving.Hosting;

/// <summary>Turns the outputs of a run into answers in each request's dialect. One send for all answers to one caller.</summary>
internal sealed class Answers(string name, ModelSignature signature, OnnxRun run, AnswerLimit limit, HostLog log)
{
    private readonly OpenInferenceWriter openInference = new(limit);
    private readonly PlainJsonWriter plain = new(limit);
    private readonly FrameBuffer frames = new();
    private ICaller? to;

    /// <summary>The whole run belongs to one request.</summary>
    public void Answer(PredictRequest request) => Write(request, 0, -1);

    /// <summary>Each request gets its rows of the run.</summary>
    /// <param name="rows">That went in.</param>
    /// <returns>False: the outputs have other rows, and nothing was answered.</returns>
    public bool AnswerRows(List<PredictRequest> group, int rows)
    {
        Span<long> shape = stackalloc long[Shapes.MaxRank];
        for (var i = 0; i < run.OutputCount; i++)
        {
            var output = run.IsTensor(i) ? run.Output(i, "", shape) : run.Maps(i).Values("", shape);
            if (output.Shape.Length == 0 || output.Shape[0] != rows)
            {
                return false;
            }
        }

        var start = 0;
        foreach (var request in group)
        {
            var own = (int)request.Tensors!.Inputs[0].Shape[0];
            if (!request.IsGone)
            {
                Write(request, start, own);
            }

            start += own;
        }

        return true;
    }

    public void Refuse(PredictRequest request, ReplicaError error)
    {
        if (request.Caller.Close(request))
        {
            Switch(request.Caller);
            frames.Error(request.Id, error);
        }
    }

    /// <summary>Sends what has been written.</summary>
    public void Send()
    {
        to?.Send(frames);
        frames.Clear();
        to = null;
    }

    /// <param name="rows">Below 0: all.</param>
    private void Write(PredictRequest request, int start, int rows)
    {
        try
        {
            var error = request.Extras.Dialect == Dialects.OpenInference ? WriteOpenInference(request, start, rows) : WritePlain(request, start, rows);
            if (error is not null)
            {
                Fail(request, new ReplicaError(error.Status, true, true, error.Code, error.Message));
            }
        }
        catch (Exception exception) when (exception is OnnxException or TensorException)
        {
            Fail(request, new ReplicaError(502, true, true, TensorError.ModelError, exception.Message));
        }
    }

    /// <summary>Refuses what the model answered. What is its own fault is in the deployment's log as well, with the prediction's id.</summary>
    private void Fail(PredictRequest request, ReplicaError error)
    {
        if (error.Code == TensorError.ModelError && !request.IsGone)
        {
            log("ERROR", error.Message, request.Head.PredictionId);
        }

        Refuse(request, error);
    }

    private TensorError? WriteOpenInference(PredictRequest request, int start, int rows)
    {
        var tensors = request.Tensors!;
        openInference.Begin(request.Extras.ModelName ?? name, request.Extras.ModelVersion, tensors.Id);
        Span<long> shape = stackalloc long[Shapes.MaxRank];
        for (var i = 0; i < Count(tensors); i++)
        {
            var (at, name, binary) = Place(tensors, i, rows);
            TensorError? error;
            if (run.IsTensor(at))
            {
                error = openInference.Output(Slice(run.Output(at, name, shape), start, rows, shape), binary ?? tensors.BinaryOutput);
            }
            else
            {
                var maps = run.Maps(at);
                error = openInference.Output(Slice(maps.Values(name, shape), start, rows, shape), binary ?? tensors.BinaryOutput, maps.Keys);
            }

            if (error is not null)
            {
                return error;
            }
        }

        var body = openInference.End(out var jsonLength);
        Result(request, jsonLength is null ? BodyType.Json : BodyType.OctetStream, jsonLength, body.Span);
        return null;
    }

    private TensorError? WritePlain(PredictRequest request, int start, int rows)
    {
        var tensors = request.Tensors!;
        plain.Begin(tensors.IsScoring);
        Span<long> shape = stackalloc long[Shapes.MaxRank];
        for (var i = 0; i < Count(tensors); i++)
        {
            var (at, name, _) = Place(tensors, i, rows);
            TensorError? error;
            if (run.IsTensor(at))
            {
                error = plain.Output(Slice(run.Output(at, name, shape), start, rows, shape));
            }
            else
            {
                var maps = run.Maps(at);
                error = plain.Maps(name, maps.Keys, Slice(maps.Values(name, shape), start, rows, shape));
            }

            if (error is not null)
            {
                return error;
            }
        }

        Result(request, BodyType.Json, null, plain.End().Span);
        return null;
    }

    private int Count(InferRequest tensors) => tensors.Outputs.Count > 0 ? tensors.Outputs.Count : signature.Outputs.Count;

    /// <summary>Where the i-th wanted output lies in the run: a run for several requests has computed all.</summary>
    private (int At, string Name, bool? Binary) Place(InferRequest tensors, int i, int rows)
    {
        if (tensors.Outputs.Count == 0)
        {
            return (i, signature.Outputs[i].Name, null);
        }

        var wanted = tensors.Outputs[i];
        return (rows < 0 ? i : wanted.Index, wanted.Name, wanted.Binary);
    }

    private static Tensor Slice(Tensor tensor, int start, int rows, Span<long> shape)
    {
        if (rows < 0)
        {
            return tensor;
        }

        var all = tensor.Shape[0];
        var (from, to) = tensor.Type == DataType.Bytes
            ? (Skip(tensor.Data, start * (tensor.Count / all)), Skip(tensor.Data, (start + rows) * (tensor.Count / all)))
            : ((int)(tensor.Data.Length / all * start), (int)(tensor.Data.Length / all * (start + rows)));
        shape[0] = rows;
        return new Tensor(tensor.Name, tensor.Type, shape[..tensor.Shape.Length], tensor.Data[from..to]);
    }

    /// <summary>Where the element of this number begins.</summary>
    private static int Skip(ReadOnlySpan<byte> data, long elements)
    {
        var at = 0;
        for (; elements > 0; elements--)
        {
            at += 4 + BinaryPrimitives.ReadInt32LittleEndian(data[at..]);
        }

        return at;
    }

    private void Result(PredictRequest request, BodyType type, int? jsonLength, ReadOnlySpan<byte> body)
    {
        if (body.Length > Frame.MaxBody)
        {
            Send();
            new LongAnswer(request, body.ToArray()).Start(frames, type, jsonLength);
            frames.Clear();
            return;
        }

        if (request.Caller.Close(request))
        {
            Switch(request.Caller);
            Span<byte> extras = stackalloc byte[40];
            frames.Result(request.Id, more: false, 200, type, jsonLength is { } length ? Extras(extras, length) : default, body);
        }
    }

    private static ReadOnlySpan<byte> Extras(Span<byte> room, int jsonLength)
    {
        System.Text.Unicode.Utf8.TryWrite(room, CultureInfo.InvariantCulture, $$"""{"json_length":{{jsonLength}}}""", out var written);
        return room[..written];
    }

    private void Switch(ICaller caller)
    {
        if (to is not null && (to != caller || frames.Length > 1 << 18))
        {
            Send();
        }

        to = caller;
    }
}
