using System.Diagnostics;
using System.Globalization;
using Slipway.Serving;
using Slipway.Serving.Hosting;
using Slipway.Serving.Tensors;
using Slipway.Testing;

namespace Slipway.Server.Tests.Serving;

/// <summary>
/// Random tensors (types, shapes, NaN, zero size, 2^31 elements, wrong lengths, damaged JSON) against real replicas, and against models inside a process as <c>placement: gateway</c> hosts
/// them: each is answered or refused with a code, the process lives and its memory is flat. <c>SLIPWAY_FUZZ=100000</c> sets how many; the seed is printed. Through HTTP: HostedFuzz of the end-to-end tests.
/// </summary>
public sealed class TensorFuzzTests(ITestOutputHelper output)
{
    private static readonly int Count = int.Parse(Environment.GetEnvironmentVariable("SLIPWAY_FUZZ") ?? "9000", CultureInfo.InvariantCulture);

    private static readonly (byte[] Model, string Name, DataType Type, int Rank)[] Models =
    [
        (OnnxModels.Linear(2, 2), "x", DataType.Fp32, 2), (OnnxModels.Identity(OnnxModels.Text, "n", "m"), "x", DataType.Bytes, 2), (OnnxModels.Identity(9, "n"), "x", DataType.Bool, 1),
        (OnnxModels.ZipMap(textLabels: true), "x", DataType.Fp32, 2), (OnnxModels.Identity(16, "n", 2), "x", DataType.Bf16, 2), (OnnxModels.Identity(13), "x", DataType.UInt64, 0),
    ];

    /// <summary>Set where this test has a process of its own.</summary>
    private const string Alone = "SLIPWAY_FUZZ_ALONE";

    private readonly int seed = Environment.TickCount;
    private readonly SortedDictionary<string, int> outcomes = new(StringComparer.Ordinal);

    [Fact]
    public async Task No_tensor_breaks_a_replica()
    {
        Assert.SkipWhen(OnnxLibrary.Path is null, OnnxLibrary.Missing);
        var patience = new CancellationTokenSource(TimeSpan.FromMinutes(60)).Token;
        foreach (var (model, name, type, rank) in Models)
        {
            await using var replica = await OnnxReplicaProcess.StartAsync(model);
            var (control, gateway) = await replica.ConnectAsync(patience);
            await AskAsync(gateway, name, type, rank, async () => (long)(await control.PingAsync(patience)).ResidentBytes);
        }

        Tell();
    }

    /// <summary>In a process of its own: in this one are other tests, whose memory is not the models'.</summary>
    [Fact]
    public async Task No_tensor_breaks_a_model_inside_the_gateway()
    {
        Assert.SkipWhen(OnnxLibrary.Path is null, OnnxLibrary.Missing);
        if (Environment.GetEnvironmentVariable(Alone) is null)
        {
            await RunAloneAsync($"{typeof(TensorFuzzTests).FullName}.{nameof(No_tensor_breaks_a_model_inside_the_gateway)}");
            return;
        }

        // Quick: on the thread that brings them, once they are known to be so; else by the model's own thread, in batches.
        foreach (var quick in new[] { true, false })
        {
            foreach (var (model, name, type, rank) in Models)
            {
                await using var hosted = new HostedReplica(new OnnxModel(OnnxLibrary.Runtime.Open(model), 64, true, TimeSpan.FromMilliseconds(4)), "hosted", 1, quick, (_, _, _) => { }, 0);
                await AskAsync(hosted.Connect()!, name, type, rank, () => Task.FromResult(ProcessMemory.OwnBytes()));
                Assert.Null(hosted.Failure);
            }
        }

        Tell();
    }

    /// <summary>This program once more, with one test.</summary>
    private async Task RunAloneAsync(string test)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, typeof(TensorFuzzTests).Assembly.GetName().Name!), ["-noColor", "-showLiveOutput", "-method", test])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
        };
        start.Environment[Alone] = "1";
        using var process = Process.Start(start)!;
        var (said, failed) = (process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        try
        {
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
        finally
        {
            process.Kill(entireProcessTree: true);   // does nothing where it has ended
        }

        var all = await said + await failed;
        output.WriteLine(all);
        Assert.True(process.ExitCode == 0 && all.Contains("Total: 1,", StringComparison.Ordinal), all);
    }

    private async Task AskAsync(ReplicaChannel gateway, string name, DataType type, int rank, Func<Task<long>> residentBytes)
    {
        var random = new Random(seed + rank + (int)type);
        var rounds = Count / Models.Length / 16;
        var warm = rounds / 4;
        var before = 0L;
        for (var round = 0; round <= rounds; round++)
        {
            var asked = Enumerable.Range(0, 16).Select(_ => RandomTensors.Request(random, name, type, rank)).ToList();
            foreach (var answer in await Task.WhenAll(asked.Select(a => ReplicaAnswer.AskAsync(gateway, a.Body, a.Extras, a.Type))))
            {
                var good = answer.Outcome == CallOutcome.Complete || (answer.Outcome == CallOutcome.Error && answer.Error!.Status is 400 or 415 || answer.Error?.Code == "bad_answer");
                Assert.True(good, $"seed {seed}: {answer.Outcome} {answer.Error}");
                var word = answer.Error?.Code ?? "answered";
                outcomes[word] = outcomes.GetValueOrDefault(word) + 1;
            }

            before = round == warm ? await residentBytes() : before;
        }

        output.WriteLine(ProcessMemory.ShouldBeFlat($"seed {seed}, {type}", before, await residentBytes(), (rounds - warm) * 16, 32 << 20));
    }

    private void Tell()
    {
        output.WriteLine($"seed {seed}: {string.Join(", ", outcomes.Select(o => $"{o.Key} {o.Value}"))}");
        Assert.True(outcomes["answered"] > Count / 20, "most were refused: the good ones are missing");
    }
}
