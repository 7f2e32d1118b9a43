using System.Diagnostics;
using System.Globalization;
using Slipway.Serving.Onnx;
using Slipway.Serving.Tensors;

namespace Slipway.Serving.Hosting;

/// <summary>
/// A loaded model and what is known of batching it. Rows may share a run when all inputs and outputs have a free first dimension and a trial at load has shown that two rows
/// together give what each gives alone.
/// </summary>
public sealed class OnnxModel : IDisposable
{
    private const double Tolerance = 1e-6;
    private readonly double trialSeconds;
    private readonly Action release;
    private const long TrialElements = 1 << 18; // of a measured run: larger ones are measured as they come, and cost a start neither time nor memory

    private readonly string notBatched;
    private volatile bool canBatch;

    /// <param name="maxBatch">Rows of one run, 1 to 4,096.</param>
    /// <param name="trial">What measuring batches may take at load, about.</param>
    /// <exception cref="OnnxException">not_supported: no dialect can send its inputs.</exception>
    /// <param name="release">How to give the session back; null: by closing it.</param>
    public OnnxModel(OnnxSession session, int maxBatch, bool mayBatch, TimeSpan trial, Action? release = null)
    {
        this.release = release ?? session.Dispose;
        trialSeconds = trial.TotalSeconds;
        Session = session;
        Size = new BatchSize(maxBatch);
        var signature = session.Signature;
        if (signature.Inputs.FirstOrDefault(i => i.Structure is not null) is { } input)
        {
            throw new OnnxException(OnnxFault.NotSupported, $"Input {input.Name} is a {input.Structure}; inputs are tensors.");
        }

        notBatched = !mayBatch ? "its config.yaml says so"
            : maxBatch == 1 ? "max_batch is 1"
            : !signature.Inputs.Concat(signature.Outputs).All(t => t.Shape is [< 0, ..]) || signature.Inputs.Count == 0 ? "its first dimension is not free everywhere"
            : TryOut() ? "" : "two rows together gave something else than each alone";
        canBatch = notBatched.Length == 0;
    }

    public OnnxSession Session { get; }

    /// <summary>Gives the session back; the runs on it have to be disposed before.</summary>
    public void Dispose() => release();

    public BatchSize Size { get; }

    public int MaxBatch => Size.MaxBatch;

    public bool CanBatch => canBatch;

    public string BatchingInWords => canBatch
        ? $"batches of up to {MaxBatch} rows, µs a row by power of two: {string.Join(' ', Size.SecondsPerRow.Select(s => double.IsNaN(s) ? "-" : (s * 1e6).ToString("0.0", CultureInfo.InvariantCulture)))}"
        : $"not batched: {notBatched}";

    /// <summary>A run did not give one row for each that it was given: never again several requests in one.</summary>
    public void StopBatching() => canBatch = false;

    /// <summary>Compares one by one with together, and measures what runs of 1, 2, 4, … rows cost.</summary>
    private bool TryOut()
    {
        using var run = new OnnxRun(Session);
        try
        {
            var together = Trial(run, [1, 2]);
            if (!Joins([Trial(run, [1]), Trial(run, [2])], together))
            {
                return false;
            }

            var whole = Stopwatch.StartNew();
            var elements = MadeUp.ElementsOfRow(Session.Signature);
            for (var rows = 1; rows <= MaxBatch && (rows == 1 || rows * elements <= TrialElements) && whole.Elapsed.TotalSeconds < trialSeconds; rows *= 2)
            {
                Trial(run, Enumerable.Range(0, rows));   // the first of a size plans its memory
                var best = double.MaxValue;
                for (var i = 0; i < 5 && whole.Elapsed.TotalSeconds < trialSeconds; i++)
                {
                    best = Math.Min(best, Time(run, rows));
                }

                if (best < double.MaxValue)
                {
                    Size.Observe(rows, best);
                }
            }

            return true;
        }
        catch (OnnxException)
        {
            return false;   // what we made up is not what it takes, so nothing is known
        }
    }

    private double Time(OnnxRun run, int rows)
    {
        using var inputs = new MadeUp(Session.Signature, Enumerable.Range(0, rows));
        inputs.Set(run);
        var before = Stopwatch.GetTimestamp();
        run.Run([]);
        var seconds = Stopwatch.GetElapsedTime(before).TotalSeconds;
        run.Clear();
        return seconds;
    }

    /// <returns>The bytes of each output, and how many rows it has.</returns>
    private List<(DataType Type, long Rows, byte[] Data)> Trial(OnnxRun run, IEnumerable<int> rows)
    {
        using var inputs = new MadeUp(Session.Signature, rows);
        inputs.Set(run);
        run.Run([]);
        var outputs = new List<(DataType Type, long Rows, byte[] Data)>();
        Span<long> shape = stackalloc long[Shapes.MaxRank];
        for (var i = 0; i < run.OutputCount; i++)
        {
            var output = run.IsTensor(i) ? run.Output(i, "", shape) : run.Maps(i).Values("", shape);
            outputs.Add((output.Type, output.Shape.Length == 0 ? -1 : output.Shape[0], output.Data.ToArray()));
        }

        run.Clear();
        return outputs;
    }

    private static bool Joins(List<(DataType Type, long Rows, byte[] Data)>[] alone, List<(DataType Type, long Rows, byte[] Data)> together)
    {
        for (var i = 0; i < together.Count; i++)
        {
            byte[] joined = [.. alone[0][i].Data, .. alone[1][i].Data];
            if (alone[0][i].Rows != 1 || alone[1][i].Rows != 1 || together[i].Rows != 2 || !NearlyEqual(together[i].Type, joined, together[i].Data))
            {
                return false;
            }
        }

        return true;
    }

    private static bool NearlyEqual(DataType type, byte[] left, byte[] right)
    {
        if (left.Length != right.Length || type is not (DataType.Fp32 or DataType.Fp64))
        {
            return left.AsSpan().SequenceEqual(right);
        }

        for (var i = 0; i < left.Length; i += type.Size())
        {
            var (a, b) = type == DataType.Fp32 ? (BitConverter.ToSingle(left, i), BitConverter.ToSingle(right, i)) : (BitConverter.ToDouble(left, i), BitConverter.ToDouble(right, i));
            if (!a.Equals(b) && !(Math.Abs(a - b) <= Tolerance * Math.Max(1, Math.Max(Math.Abs(a), Math.Abs(b)))))
            {
                return false;
            }
        }

        return true;
    }
}
