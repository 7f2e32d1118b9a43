using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Slipway.Serving;
using Xunit;

namespace Slipway.Testing;

/// <summary>A real process of the ONNX runtime in a folder of its own, without a server.</summary>
internal sealed class OnnxReplicaProcess : IAsyncDisposable
{
    public const string Token = "t0ken";

    private readonly Process process;

    private OnnxReplicaProcess(string folder, Process process)
    {
        Folder = folder;
        this.process = process;
    }

    public string Folder { get; }

    public string Socket => Path.Combine(Folder, "replica.sock");

    public int Pid => process.Id;

    public string Log => File.Exists(Path.Combine(Folder, "log")) ? File.ReadAllText(Path.Combine(Folder, "log")) : "";

    /// <summary>Starts one and waits until it listens; nothing is loaded yet.</summary>
    public static async Task<OnnxReplicaProcess> StartAsync(byte[] model, int maxBatch = 64, int concurrency = 1, double noServerSeconds = 600, bool batch = true)
    {
        var folder = Directory.CreateTempSubdirectory("slipway-onnx-").FullName;
        await File.WriteAllBytesAsync(Path.Combine(folder, "model.onnx"), model);
        var spec = new Dictionary<string, object?>
        {
            ["replica"] = "r1", ["token"] = Token, ["socket"] = Path.Combine(folder, "replica.sock"), ["log"] = Path.Combine(folder, "log"), ["package"] = folder, ["runtime"] = "onnx",
            ["max_batch"] = maxBatch, ["predict_concurrency"] = concurrency, ["no_server_seconds"] = noServerSeconds, ["cpu_cores"] = 1,
            ["model"] = new Dictionary<string, object> { ["kind"] = "onnx", ["module"] = "model.onnx", ["batch"] = batch },
        };
        await File.WriteAllTextAsync(Path.Combine(folder, "spec.json"), JsonSerializer.Serialize(spec));
        var start = new ProcessStartInfo("dotnet", [ProgramPath(), "replica", "--folder", folder, "--library", OnnxLibrary.Path!]) { UseShellExecute = false };
        start.Environment[ProcessMemory.CollectsOften.Key] = ProcessMemory.CollectsOften.Value;
        var replica = new OnnxReplicaProcess(folder, Process.Start(start)!);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!File.Exists(Path.Combine(folder, "pid.json")))
        {
            Assert.False(replica.process.HasExited, $"the replica ended: {replica.Log}");
            await Task.Delay(5, patience.Token);
        }

        return replica;
    }

    /// <summary>Both connections, the model loaded.</summary>
    public async Task<(ReplicaConnection Control, ReplicaConnection Gateway)> ConnectAsync(CancellationToken cancellationToken)
    {
        var control = await ReplicaConnection.ConnectAsync(Socket, ServerHello.Control("server", Token, 1), cancellationToken);
        var outcome = await control.Loaded.WaitAsync(cancellationToken);
        Assert.True(outcome.Loaded is not null, outcome.Failed?.Message);
        return (control, await ReplicaConnection.ConnectAsync(Socket, ServerHello.Gateway("gateway", Token, 1), cancellationToken));
    }

    public async Task<(int ExitCode, JsonElement File)> ExitAsync(CancellationToken cancellationToken)
    {
        await process.WaitForExitAsync(cancellationToken);
        return (process.ExitCode, JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Folder, "exit.json"), cancellationToken)).RootElement);
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill();
            await process.WaitForExitAsync();
        }

        process.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Where the solution has built it in the configuration of this test program.</summary>
    public static string ProgramPath()
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        for (var folder = own; folder is not null; folder = folder.Parent)
        {
            if (Path.Combine(folder.FullName, "src", "Slipway.Replica", "bin", own.Parent!.Name, own.Name, "slipway-replica.dll") is var found && File.Exists(found))
            {
                return found;
            }
        }

        throw new FileNotFoundException("slipway-replica.dll is not built.");
    }
}

/// <summary>One whole call.</summary>
internal sealed record ReplicaAnswer(CallOutcome Outcome, int Status, string ContentType, byte[] Body, ReplicaError? Error, long? JsonLength)
{
    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>Sends a request of any length and reads the answer to its end.</summary>
    public static async Task<ReplicaAnswer> AskAsync(
        ReplicaChannel gateway, byte[] body, PredictExtras? extras = null, BodyType type = BodyType.Json, uint deadlineMs = 30_000, Action<ReplicaCall>? started = null)
    {
        var head = JsonSerializer.SerializeToUtf8Bytes(extras ?? new PredictExtras(null, null, null), ServingJson.Default.PredictExtras);
        var first = Math.Min(body.Length, Frame.MaxBody - head.Length);
        var call = gateway.TryStart(new PredictHead(Guid.NewGuid(), deadlineMs, type, first < body.Length), head, body.AsSpan(0, first)) ?? throw new IOException("The connection is gone.");
        started?.Invoke(call);
        if (first < body.Length)
        {
            await call.SendBodyAsync(body.AsMemory(first), more: false);
        }

        using var whole = new MemoryStream();
        bool ended;
        do
        {
            await call.WaitAsync();
            ended = call.Take(out var bytes);
            whole.Write(bytes.Span);
            call.Grant(bytes.Length);
        }
        while (!ended);
        var answer = new ReplicaAnswer(call.Outcome, call.Status, call.ContentType, whole.ToArray(), call.Error, call.JsonLength);
        call.Release();
        return answer;
    }
}
