using System.Diagnostics;
using Slipway.Serving.Onnx;
using Slipway.Serving.Tensors;

namespace Slipway.Serving.Hosting;

/// <summary>Takes what waits, reads its tensors, runs as many rows together as pays, answers. For one thread at a time, save <see cref="Left"/> and <see cref="Running"/>.</summary>
public sealed class Worker : IDisposable
{
    private readonly RequestQueue queue;
    private readonly OnnxModel model;
    private readonly HostLog log;
    private readonly OnnxRun run;
    private readonly Answers answers;
    private readonly TensorStore batch = new();
    private readonly List<PredictRequest> taken = [];
    private readonly List<PredictRequest> parsed = [];
    private readonly List<PredictRequest> group = [];
    private readonly List<PredictRequest> single = [];
    private readonly Stack<InferRequest> idle = [];
    private readonly Func<int, long, int> choose;
    private readonly Lock runLock = new();
    private PredictRequest[] inside = [];   // those in the run, under runLock
    private int insideCount;
    private long runSince;

    /// <param name="name">What answers call the model when the request does not say.</param>
    /// <param name="limit">How long an answer may get.</param>
    public Worker(RequestQueue queue, OnnxModel model, string name, HostLog log, AnswerLimit limit)
    {
        this.queue = queue;
        this.model = model;
        this.log = log;
        run = new OnnxRun(model.Session);
        answers = new Answers(name, model.Session.Signature, run, limit, log);
        choose = (waiting, deadline) => model.CanBatch
            ? model.Size.Choose(waiting, deadline == long.MaxValue ? double.PositiveInfinity : Math.Max(0, deadline - Environment.TickCount64) / 1000.0)
            : 1;
    }

    /// <summary>Requests in the run, and since when (<see cref="Environment.TickCount64"/>).</summary>
    public (int Size, long Since) Running => (Volatile.Read(ref insideCount), Volatile.Read(ref runSince));

    /// <summary>Length of the body of the request that was served last, if it was served alone; null otherwise.</summary>
    public int? LastAlone { get; private set; }

    /// <summary>Serves a part of what waits: as much as one batch takes.</summary>
    public void Work()
    {
        taken.Clear();
        queue.Take(taken, choose);
        LastAlone = taken.Count == 1 ? taken[0].Body.Length : null;
        ServeTaken();
    }

    /// <summary>Serves one request on the thread that brought it.</summary>
    public void Serve(PredictRequest request)
    {
        taken.Clear();
        taken.Add(request);
        ServeTaken();
    }

    public void Dispose() => run.Dispose();

    /// <summary>From any thread: nobody waits for this request any more.</summary>
    public void Left(PredictRequest request)
    {
        lock (runLock)
        {
            var all = inside.AsSpan(0, insideCount);
            if (all.Contains(request) && !all.ContainsAnyWaiting())
            {
                run.Terminate();
            }
        }
    }

    private void ServeTaken()
    {
        try
        {
            parsed.Clear();
            foreach (var request in taken)
            {
                if (!request.IsGone && Parse(request))
                {
                    parsed.Add(request);
                }
            }

            while (parsed.Count > 0)
            {
                Group();
                RunGroup();
            }
        }
        catch (Exception exception)
        {
            // A defect of ours, or no memory for an answer: those concerned get an answer, and the model goes on being served.
            run.Clear();
            log("ERROR", exception.ToString(), null);
            var message = exception is OutOfMemoryException
                ? "There was not enough memory to answer; ask for a smaller answer."
                : "The replica failed while it ran the model; the deployment's log has the reason.";
            foreach (var request in taken)
            {
                Fail(request, new ReplicaError(502, true, true, "model_error", message));
            }
        }

        answers.Send();
    }

    /// <summary>Reads the request's tensors; false when it has been refused.</summary>
    private bool Parse(PredictRequest request)
    {
        var tensors = idle.TryPop(out var pooled) ? pooled : new InferRequest();
        var extras = request.Extras;
        TensorError? error;
        if (extras.Method is not (null or "predict"))
        {
            error = null;
            answers.Refuse(request, new ReplicaError(415, false, false, "not_supported", $"An ONNX model has no method {extras.Method}."));
        }
        else if (extras.Dialect == Dialects.OpenInference)
        {
            error = OpenInferenceReader.Read(request.Body, extras.JsonLength, model.Session.Signature, tensors);
        }
        else if (extras.Dialect is not (null or Dialects.Predict or Dialects.MLflow))
        {
            error = null;
            answers.Refuse(request, new ReplicaError(415, false, false, "not_supported", $"An ONNX model does not speak the dialect {extras.Dialect}."));
        }
        else if (request.Head.Type != BodyType.Json)
        {
            error = null;
            answers.Refuse(request, new ReplicaError(415, false, false, "not_supported", "An ONNX model takes application/json here, or a request of the Open Inference Protocol."));
        }
        else
        {
            error = extras.Dialect == Dialects.MLflow
                ? MLflowJson.Read(request.Body, model.Session.Signature, tensors)
                : PlainJson.Read(request.Body, model.Session.Signature, tensors);
        }

        request.FreeBody();
        if (error is not null)
        {
            answers.Refuse(request, new ReplicaError(error.Status, false, false, error.Code, error.Message));
        }

        if (error is not null || request.IsGone)
        {
            idle.Push(tensors);
            return false;
        }

        request.Tensors = tensors;
        return true;
    }

    /// <summary>Takes the first parsed request and all others that fit into one run with it.</summary>
    private void Group()
    {
        group.Clear();
        group.Add(parsed[0]);
        parsed.RemoveAt(0);
        if (!model.CanBatch || parsed.Count == 0)
        {
            return;
        }

        var first = group[0].Tensors!;
        var rows = Rows(first);
        if (rows <= 0)
        {
            return;
        }

        for (var i = 0; i < parsed.Count; i++)
        {
            var other = parsed[i].Tensors!;
            var more = Rows(other);
            if (more > 0 && rows + more <= model.MaxBatch && SameBesidesRows(first, other))
            {
                rows += more;
                group.Add(parsed[i]);
                parsed.RemoveAt(i--);
            }
        }
    }

    private void RunGroup()
    {
        if (group.Count == 1)
        {
            RunAlone(group[0]);
            return;
        }

        batch.Clear();
        var first = group[0].Tensors!;
        for (var i = 0; i < first.Inputs.Count; i++)
        {
            Join(i);
        }

        var rows = group.Sum(r => (int)Rows(r.Tensors!));
        var outcome = RunOnce(batch, group, [], rows);
        if (outcome is null && answers.AnswerRows(group, rows))
        {
            group.ForEach(Done);
            run.Clear();
            return;
        }

        // A bad row fails alone, and a model whose rows cannot be told apart is not batched again.
        if (outcome is null)
        {
            model.StopBatching();
            log("WARN", "A run of several rows gave another number of rows; from here on requests run one by one.", null);
        }

        run.Clear();
        foreach (var request in group.ToArray())
        {
            RunAlone(request);
        }
    }

    private void RunAlone(PredictRequest request)
    {
        if (!request.IsGone)
        {
            var tensors = request.Tensors!;
            Span<int> wanted = stackalloc int[tensors.Outputs.Count];
            for (var i = 0; i < wanted.Length; i++)
            {
                wanted[i] = tensors.Outputs[i].Index;
            }

            single.Clear();
            single.Add(request);
            if (RunOnce(tensors.Inputs, single, wanted, (int)Math.Clamp(Rows(tensors), 1, int.MaxValue)) is { } error)
            {
                Fail(request, error);
            }
            else
            {
                answers.Answer(request);
            }
        }

        Done(request);
        run.Clear();
    }

    /// <summary>One run of the model.</summary>
    /// <returns>Null, or what went wrong.</returns>
    private ReplicaError? RunOnce(TensorStore inputs, List<PredictRequest> requests, ReadOnlySpan<int> wanted, int rows)
    {
        lock (runLock)
        {
            run.Resume();
            inside = inside.Length < requests.Count ? new PredictRequest[Math.Max(64, requests.Count)] : inside;
            requests.CopyTo(inside);
            Volatile.Write(ref runSince, Environment.TickCount64);
            Volatile.Write(ref insideCount, requests.Count);
            foreach (var request in requests)
            {
                request.HasBegun = true;
            }
        }

        try
        {
            for (var i = 0; i < model.Session.Signature.Inputs.Count; i++)
            {
                var tensor = inputs[inputs.Find(model.Session.Signature.Inputs[i].Name)];
                run.SetInput(i, tensor.Type, tensor.Shape, tensor.Data);
            }

            var before = Stopwatch.GetTimestamp();
            run.Run(wanted);
            model.Size.Observe(rows, Stopwatch.GetElapsedTime(before).TotalSeconds);
            queue.Count(requests.Count);
            return null;
        }
        catch (OnnxException exception)
        {
            return exception.Fault switch
            {
                OnnxFault.BadInput => new ReplicaError(400, false, true, "bad_input", exception.Message),
                OnnxFault.OutOfMemory => new ReplicaError(502, true, true, "model_error", "The model asked for more memory than there is."),
                _ => new ReplicaError(502, true, true, "model_error", exception.Message),
            };
        }
        finally
        {
            lock (runLock)
            {
                Volatile.Write(ref insideCount, 0);
            }
        }
    }

    /// <summary>Puts input <paramref name="index"/> of all requests of the group one after another.</summary>
    private void Join(int index)
    {
        var name = group[0].Tensors!.Inputs[index].Name;
        long rows = 0;
        var length = 0;
        foreach (var request in group)
        {
            var tensors = request.Tensors!.Inputs;
            var tensor = tensors[tensors.Find(name)];
            tensor.Data.CopyTo(batch.Reserve(length + tensor.Data.Length, keep: length)[length..]);
            length += tensor.Data.Length;
            rows += tensor.Shape[0];
        }

        var like = group[0].Tensors!.Inputs[index];
        batch.Commit(name, like.Type, [rows, .. like.Shape[1..]], length);
    }

    private void Done(PredictRequest request)
    {
        if (request.Tensors is { } tensors)
        {
            idle.Push(tensors);
            request.Tensors = null;
        }
    }

    private void Fail(PredictRequest request, ReplicaError error)
    {
        if (error.Code == "model_error" && !request.IsGone)
        {
            log("ERROR", error.Message, request.Head.PredictionId);
        }

        answers.Refuse(request, error);
    }

    /// <summary>Rows of a request; 0 or below: it cannot be told, so it runs alone.</summary>
    private static long Rows(InferRequest request)
    {
        var rows = -1L;
        for (var i = 0; i < request.Inputs.Count; i++)
        {
            var shape = request.Inputs[i].Shape;
            if (shape.Length == 0 || (rows >= 0 && shape[0] != rows))
            {
                return -1;
            }

            rows = shape[0];
        }

        return rows;
    }

    private static bool SameBesidesRows(InferRequest left, InferRequest right)
    {
        for (var i = 0; i < left.Inputs.Count; i++)
        {
            var tensor = left.Inputs[i];
            if (!tensor.Shape[1..].SequenceEqual(right.Inputs[right.Inputs.Find(tensor.Name)].Shape[1..]))
            {
                return false;
            }
        }

        return true;
    }
}

internal static class RequestSpans
{
    /// <summary>Whether anybody still waits for one of these.</summary>
    public static bool ContainsAnyWaiting(this Span<PredictRequest> requests)
    {
        foreach (var request in requests)
        {
            if (!request.IsGone)
            {
                return true;
            }
        }

        return false;
    }
}
