using System.Collections.Frozen;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Slipway.Server.Deployments;
using Slipway.Server.Gateway;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Serving;
using Slipway.Serving.Hosting;
using Slipway.Serving.Onnx;
using Slipway.Serving.Tensors;

namespace Slipway.Bench;

/// <summary>
/// The parts of the hot path one by one: nanoseconds, and bytes allocated. Prints a line of JSON for each. Bytes do not depend on the machine, and more than recorded fails; times are for reading.
/// </summary>
internal static class Micro
{
    private const int Times = 20_000;

    /// <param name="library">ONNX Runtime; null: without the parts that need it.</param>
    /// <param name="model">Takes x [n, 4].</param>
    public static int Run(string? library, string? model)
    {
        var authorization = "Bearer slp_0123456789abcdef0123456789abcdef";
        var table = Table("slp_0123456789abcdef0123456789abcdef");
        var made = new GatewayTable(table, (d, s) => new Admission(s.DeploymentId, s.Hash, d.Environment, d.Name), (_, _) => new OutcomeCounters());
        var keys = new KeyCache();
        var body = "[5.1, 3.5, 1.4, 0.2]"u8.ToArray();
        Measure("path read", () => PredictPath.TryRead("/production/models/bench/invocations", out _));
        Measure("route found", () => made.Find("production/models/bench"));
        Measure("key known", () => keys.Find(authorization, table, static text => (null, text["Bearer ".Length..])));
        Measure("list guarded", () => JsonGuard.Check(body));
        var named = Encoding.UTF8.GetBytes("""{"inputs":{"x":[[5.1,3.5,1.4,0.2]]},"parameters":{"a":1,"b":2}}""");
        Measure("object guarded", () => JsonGuard.Check(named));
        Frames(body);
        MicroRecords.Run(body);
        Tensors(body);
        if (library is not null)
        {
            Hosted(library, model!, body);
        }

        return 0;
    }

    private static void Frames(byte[] body)
    {
        var frames = new FrameBuffer();
        var id = Guid.NewGuid();
        Measure("predict framed and read", () =>
        {
            frames.Clear();
            frames.Predict(1, new PredictHead(id, 60_000, BodyType.Json, false), default, body);
            Frame.TryRead(frames.Written.Span, out var frame, out _);
            _ = new PredictPayload(frame.Payload).Body.Length;
        });
        Measure("result framed and read", () =>
        {
            frames.Clear();
            frames.Result(1, false, 200, BodyType.Json, default, body);
            Frame.TryRead(frames.Written.Span, out var frame, out _);
            _ = new ResultPayload(frame.Payload).Body.Length;
        });
    }

    private static void Tensors(byte[] body)
    {
        var signature = new ModelSignature([new TensorSpec("x", DataType.Fp32, [-1, 4])], [new TensorSpec("y", DataType.Fp32, [-1, 3])]);
        var request = new InferRequest();
        var open = Encoding.UTF8.GetBytes("""{"inputs":[{"name":"x","datatype":"FP32","shape":[1,4],"data":[5.1,3.5,1.4,0.2]}]}""");
        Measure("JSON read", () => PlainJson.Read(body, signature, request));
        Measure("Open Inference read", () => OpenInferenceReader.Read(open, null, signature, request));
        var output = new byte[12];
        var writer = new PlainJsonWriter();
        Measure("JSON written", () =>
        {
            writer.Begin(false);
            writer.Output(new Tensor("y", DataType.Fp32, [1, 3], output));
            writer.End();
        });
    }

    private static void Hosted(string library, string model, byte[] body)
    {
        using var runtime = OnnxRuntime.Load(library, threads: 1);
        var hosted = new HostedReplica(new OnnxModel(runtime.Open(model), 64, true, TimeSpan.FromMilliseconds(4)), "bench", 1, true, (_, _, _) => { }, 0);
        var channel = hosted.Connect()!;
        var head = new PredictHead(Guid.NewGuid(), 60_000, BodyType.Json, false);
        Measure("hosted model asked", () =>
        {
            var call = channel.TryStart(head, default, body)!;
            while (!call.Take(out _))
            {
                Thread.Yield();   // not yet known to be quick
            }

            call.Release();
        });
        MicroRecords.Admission(hosted);
        hosted.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    /// <summary>Prints one part.</summary>
    /// <param name="onlyThisThread">Something runs beside it whose bytes are not its own.</param>
    public static void Measure(string what, Action act, bool onlyThisThread = false)
    {
        for (var i = 0; i < Times; i++)
        {
            act();
        }

        Thread.Sleep(200);   // the second tier is compiled meanwhile
        for (var i = 0; i < Times; i++)
        {
            act();
        }

        var best = double.MaxValue;
        var bytes = long.MaxValue;
        for (var round = 0; round < 5; round++)
        {
            if (onlyThisThread)
            {
                Thread.Sleep(200);   // whoever works beside it catches up
            }

            var before = Allocated();
            var from = Stopwatch.GetTimestamp();
            for (var i = 0; i < Times; i++)
            {
                act();
            }

            best = Math.Min(best, Stopwatch.GetElapsedTime(from).TotalNanoseconds / Times);
            bytes = Math.Min(bytes, Allocated() - before);
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $$"""{"what":"{{what}}","ns":{{best:0.0}},"bytes":{{(double)bytes / Times:0.0}}}"""));

        long Allocated() => onlyThisThread ? GC.GetAllocatedBytesForCurrentThread() : GC.GetTotalAllocatedBytes(precise: true);
    }

    private static RouteTable Table(string key)
    {
        var deployment = Guid.NewGuid();
        var set = new ReplicaSetRoute(deployment, "bench", 1, true, 64, []);
        var route = new DeploymentRoute(
            deployment, "production", "bench", Guid.NewGuid(), "bench", RouteState.Serving,
            [new RevisionRoute(Guid.NewGuid(), 1, 10_000, [new VariantRoute("default", true, "bench", 1, "onnx", set, VersionRoute.Plain)])], LoadBalancing.RoundRobin, false,
            TimeSpan.FromSeconds(60), 1000, RecordBodies: true);
        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(key)));
        return new RouteTable(
            1, new Dictionary<RouteKey, DeploymentRoute> { [new("production", "bench")] = route }.ToFrozenDictionary(),
            new Dictionary<string, KeyRoute> { [hash] = new(Guid.NewGuid(), Guid.NewGuid(), "bench", Role.Analyst, true, null, null) }.ToFrozenDictionary());
    }
}
