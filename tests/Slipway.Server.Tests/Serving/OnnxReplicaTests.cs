using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Slipway.Serving;
using Slipway.Serving.Tensors;
using Slipway.Testing;

namespace Slipway.Server.Tests.Serving;

/// <summary>The program of the ONNX runtime as a process, by the replica protocol.</summary>
public sealed class OnnxReplicaTests
{
    private static readonly PredictExtras OpenInference = new(null, null, null, Dialects.OpenInference, null, "linear", "3");

    private readonly CancellationToken patience = new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token;

    public OnnxReplicaTests() => Assert.SkipWhen(OnnxLibrary.Path is null, OnnxLibrary.Missing);

    [Fact]
    public async Task It_answers_in_the_dialect_of_the_question()
    {
        await using var replica = await OnnxReplicaProcess.StartAsync(OnnxModels.Linear());
        var (control, gateway) = await replica.ConnectAsync(patience);
        Assert.True((await control.Loaded).Loaded!.Batch);

        Assert.Equal("""{"y":[[1.3],[1]]}""", (await Ask(gateway, """{"inputs": {"x": [[1, 1], [0, 0]]}}""")).Text);
        Assert.Equal("""{"y":[[1.3]]}""", (await Ask(gateway, "[1, 1]")).Text);

        var json = """{"id": "q", "inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [1, 1]}]}""";
        Assert.Equal(
            """{"model_name":"linear","model_version":"3","id":"q","outputs":[{"name":"y","datatype":"FP32","shape":[1,1],"data":[1.3]}]}""",
            (await Ask(gateway, json, OpenInference)).Text);

        var head = """{"parameters":{"binary_data_output":true},"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"parameters":{"binary_data_size":8}}]}""";
        byte[] body = [.. Encoding.UTF8.GetBytes(head), .. MemoryMarshal.AsBytes<float>([1, 1])];
        var binary = await ReplicaAnswer.AskAsync(gateway, body, OpenInference with { JsonLength = head.Length }, BodyType.OctetStream);
        Assert.Equal(("application/octet-stream", 4L), (binary.ContentType, binary.Body.Length - binary.JsonLength!.Value));
        Assert.Equal(1.3f, BitConverter.ToSingle(binary.Body, (int)binary.JsonLength.Value));
    }

    [Fact]
    public async Task The_library_reports_to_nobody_and_leaves_no_files()
    {
        await using var replica = await OnnxReplicaProcess.StartAsync(OnnxModels.Linear());
        await replica.ConnectAsync(patience);
        Assert.False(File.Exists($"/tmp/mat-debug-{replica.Pid}.log"));
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries($"/proc/{replica.Pid}/fd").Select(f => new FileInfo(f).LinkTarget), f => f?.Contains("DeveloperTools", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task What_the_model_does_not_take_is_refused_with_a_code()
    {
        await using var replica = await OnnxReplicaProcess.StartAsync(OnnxModels.Linear());
        var (_, gateway) = await replica.ConnectAsync(patience);
        (string Body, PredictExtras? Extras, BodyType Type, int Status, string Code)[] rows =
        [
            ("[1, 2, 3]", null, BodyType.Json, 400, "shape_mismatch"),
            ("{", null, BodyType.Json, 400, "malformed_json"),
            ("""{"inputs": {"z": [[1, 2]]}}""", null, BodyType.Json, 400, "unknown_input"),
            ("1 2", null, BodyType.Text, 415, "not_supported"),
            ("[1, 2]", new PredictExtras(null, null, "embeddings"), BodyType.Json, 415, "not_supported"),
            ("[1, 2]", new PredictExtras(null, null, null, "esperanto"), BodyType.Json, 415, "not_supported"),
            ("{}", OpenInference, BodyType.Json, 400, "malformed_request"),
            ("{}", OpenInference with { JsonLength = 10 }, BodyType.Json, 400, "malformed_request"),
        ];
        foreach (var (body, extras, type, status, code) in rows)
        {
            var answer = await ReplicaAnswer.AskAsync(gateway, Encoding.UTF8.GetBytes(body), extras, type);
            Assert.Equal((CallOutcome.Error, status, code, false), (answer.Outcome, answer.Error!.Status, answer.Error.Code, answer.Error.Begun));
        }
    }

    [Fact]
    public async Task A_batch_equals_its_rows_one_by_one_and_a_bad_row_fails_alone()
    {
        await using var replica = await OnnxReplicaProcess.StartAsync(OnnxModels.Linear(8, 3));
        var (control, gateway) = await replica.ConnectAsync(patience);
        var random = new Random(1);
        var rows = Enumerable.Range(0, 200).Select(_ => Enumerable.Range(0, 8).Select(_ => (float)random.NextDouble()).ToArray()).ToArray();
        var alone = new List<string>();
        foreach (var row in rows)
        {
            alone.Add((await Ask(gateway, Json(row))).Text);
        }

        var calls = await UntilQuietAsync(control);
        var together = await Task.WhenAll(rows.Select((row, i) => Ask(gateway, i % 10 == 3 ? "[1, 2]" : Json(row))));
        var pong = await UntilQuietAsync(control);
        Assert.True(pong.Calls - calls.Calls < 150, $"{pong.Calls - calls.Calls} runs for 180 rows: nothing was batched");
        for (var i = 0; i < rows.Length; i++)
        {
            if (i % 10 == 3)
            {
                Assert.Equal("shape_mismatch", together[i].Error?.Code);
            }
            else
            {
                Near(alone[i], together[i].Text);
            }
        }
    }

    [Fact]
    public async Task Requests_of_several_rows_and_of_other_shapes_share_no_row()
    {
        await using var replica = await OnnxReplicaProcess.StartAsync(OnnxModels.Identity(OnnxModels.Text, "n", "m"));
        var (_, gateway) = await replica.ConnectAsync(patience);
        var random = new Random(2);
        var bodies = Enumerable.Range(0, 100).Select(i => JsonSerializer.Serialize(
            Enumerable.Range(0, 1 + random.Next(3)).Select(r => Enumerable.Range(0, 2 + (i % 2)).Select(c => $"{i}-{r}-{c}".PadRight(random.Next(12), 'x'))))).ToList();
        var answers = await Task.WhenAll(bodies.Select(b => Ask(gateway, b)));
        Assert.Equal(bodies.Select(b => $$"""{"y":{{b}}}"""), answers.Select(a => a.Text));
    }

    [Fact]
    public async Task A_model_whose_rows_meet_is_not_batched()
    {
        // y = x - mean over the batch: a free first dimension, and yet rows depend on each other.
        var model = OnnxModels.Model(
            [OnnxModels.Node("ReduceMean", ["x"], ["mean"]), OnnxModels.Node("Sub", ["x", "mean"], ["y"])],
            [OnnxModels.Value("x", OnnxModels.Float, "n", 1)], [OnnxModels.Value("y", OnnxModels.Float, "n", 1)]);
        await using var replica = await OnnxReplicaProcess.StartAsync(model);
        var (control, gateway) = await replica.ConnectAsync(patience);
        Assert.False((await control.Loaded).Loaded!.Batch);
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Ask(gateway, $"[[{i}]]")));
        Assert.All(answers, a => Assert.Equal("""{"y":[[0]]}""", a.Text));
    }

    [Fact]
    public async Task A_model_with_large_rows_is_tried_out_in_little_memory()
    {
        await using var replica = await OnnxReplicaProcess.StartAsync(OnnxModels.Identity(OnnxModels.Float, "n", 3, 400, 400));
        var (control, _) = await replica.ConnectAsync(patience);
        Assert.True((await control.Loaded).Loaded!.Batch);
        Assert.InRange((await control.PingAsync(patience)).ResidentBytes >> 20, 0UL, 140UL);
    }

    [Fact]
    public async Task Long_bodies_and_long_answers_keep_to_the_credit()
    {
        await using var replica = await OnnxReplicaProcess.StartAsync(OnnxModels.Identity(OnnxModels.Float, "n"));
        var (_, gateway) = await replica.ConnectAsync(patience);
        var numbers = Enumerable.Range(0, 400_000).Select(i => i * 0.5f).ToArray();
        var answer = await Ask(gateway, Json(numbers));
        Assert.Equal(CallOutcome.Complete, answer.Outcome);
        Assert.Equal(numbers, JsonDocument.Parse(answer.Body).RootElement.GetProperty("y").EnumerateArray().Select(e => e.GetSingle()));
        Assert.Equal("""{"y":[1]}""", (await Ask(gateway, "[1]")).Text);
    }

    [Fact]
    public async Task A_run_that_nobody_waits_for_is_ended_and_the_next_is_answered()
    {
        await using var replica = await OnnxReplicaProcess.StartAsync(OnnxModels.Loop());
        var (control, gateway) = await replica.ConnectAsync(patience);
        ReplicaCall? call = null;
        var asking = ReplicaAnswer.AskAsync(gateway, "4000000000"u8.ToArray(), started: c => call = c);
        while ((await control.PingAsync(patience)).InFlight == 0)
        {
            await Task.Delay(5, patience);
        }

        call!.Abort(call.Id, CallOutcome.Cancelled);
        Assert.Equal(CallOutcome.Cancelled, (await asking).Outcome);
        Assert.Equal("""{"total":3}""", (await Ask(gateway, "3").WaitAsync(TimeSpan.FromSeconds(10), patience)).Text);

        var late = await ReplicaAnswer.AskAsync(gateway, "4000000000"u8.ToArray(), deadlineMs: 200);
        Assert.Equal(("deadline", 504), (late.Error!.Code, late.Error.Status));
        Assert.Equal("""{"total":4}""", (await Ask(gateway, "4").WaitAsync(TimeSpan.FromSeconds(10), patience)).Text);
    }

    [Fact]
    public async Task Drain_finishes_what_is_in_flight_and_ends_with_a_reason()
    {
        await using var replica = await OnnxReplicaProcess.StartAsync(OnnxModels.Loop());
        var (control, gateway) = await replica.ConnectAsync(patience);
        var asking = ReplicaAnswer.AskAsync(gateway, "1000000"u8.ToArray(), deadlineMs: 110_000);
        while ((await control.PingAsync(patience)).InFlight == 0)
        {
            await Task.Delay(5, patience);
        }

        control.Drain();
        Assert.Equal("""{"total":1000000}""", (await asking).Text);
        var (code, file) = await replica.ExitAsync(patience);
        Assert.Equal((0, "drained"), (code, file.GetProperty("reason").GetString()));
        Assert.False(File.Exists(replica.Socket));
    }

    [Fact]
    public async Task A_model_that_cannot_be_loaded_is_told_and_the_process_ends()
    {
        await using var replica = await OnnxReplicaProcess.StartAsync([1, 2, 3]);
        var control = await ReplicaConnection.ConnectAsync(replica.Socket, ServerHello.Control("server", OnnxReplicaProcess.Token, 1), patience);
        var outcome = await control.Loaded.WaitAsync(patience);
        Assert.Equal("load_failed", outcome.Failed!.Code);
        Assert.DoesNotContain(replica.Folder, outcome.Failed.Message, StringComparison.Ordinal);
        var (code, file) = await replica.ExitAsync(patience);
        Assert.Equal((1, "load_failed"), (code, file.GetProperty("reason").GetString()));
    }

    [Fact]
    public async Task Strangers_and_older_servers_are_refused()
    {
        await using var replica = await OnnxReplicaProcess.StartAsync(OnnxModels.Linear());
        Assert.Equal("bad_token", await RefusedAsync(ServerHello.Control("s", "wrong", 1)));
        Assert.Equal("protocol_mismatch", await RefusedAsync(ServerHello.Control("s", OnnxReplicaProcess.Token, 1) with { Protocol = 2 }));
        await using var control = await ReplicaConnection.ConnectAsync(replica.Socket, ServerHello.Control("s", OnnxReplicaProcess.Token, 5), patience);
        Assert.Equal("stale_epoch", await RefusedAsync(ServerHello.Gateway("g", OnnxReplicaProcess.Token, 4)));
        await control.Loaded.WaitAsync(patience);

        // A later connection of the same role and peer replaces the earlier one.
        await using var later = await ReplicaConnection.ConnectAsync(replica.Socket, ServerHello.Control("s", OnnxReplicaProcess.Token, 5), patience);
        await control.Closed.WaitAsync(patience);
        Assert.Equal("ready", later.Replica.State);

        async Task<string> RefusedAsync(ServerHello hello) =>
            (await Assert.ThrowsAsync<ReplicaRefusedException>(() => ReplicaConnection.ConnectAsync(replica.Socket, hello, patience))).Code;
    }

    [Fact]
    public async Task Without_any_server_it_drains_and_ends()
    {
        await using var replica = await OnnxReplicaProcess.StartAsync(OnnxModels.Linear(), noServerSeconds: 0.5);
        var (control, gateway) = await replica.ConnectAsync(patience);
        await gateway.DisposeAsync();
        await control.DisposeAsync();
        var (code, file) = await replica.ExitAsync(patience);
        Assert.Equal((0, "no_server"), (code, file.GetProperty("reason").GetString()));
    }

    [Fact]
    public async Task Several_runs_at_a_time_when_asked()
    {
        await using var replica = await OnnxReplicaProcess.StartAsync(OnnxModels.Loop(), concurrency: 3);
        var (control, gateway) = await replica.ConnectAsync(patience);
        var asking = Enumerable.Range(0, 3).Select(_ => ReplicaAnswer.AskAsync(gateway, "1000000"u8.ToArray(), deadlineMs: 110_000)).ToArray();
        while ((await control.PingAsync(patience)).InFlight < 3)
        {
            Assert.All(asking, a => Assert.False(a.IsCompleted, "they did not run at the same time"));
            await Task.Delay(2, patience);
        }

        Assert.All(await Task.WhenAll(asking), a => Assert.Equal("""{"total":1000000}""", a.Text));
    }

    [Fact]
    public async Task Each_invalid_frame_closes_its_connection_and_no_other()
    {
        await using var replica = await OnnxReplicaProcess.StartAsync(OnnxModels.Linear());
        var (_, gateway) = await replica.ConnectAsync(patience);
        foreach (var hex in FrameTests.InvalidFrames())
        {
            using var socket = await HelloAsync(replica.Socket, "gateway");
            await socket.SendAsync(Convert.FromHexString(hex), patience);
            var buffer = new byte[4096];
            while (await socket.ReceiveAsync(buffer, patience) > 0)
            {
                // the hello and loaded of before
            }

            Assert.Equal("""{"y":[[1.3]]}""", (await Ask(gateway, "[1, 1]")).Text);
        }
    }

    [Fact]
    public async Task A_frame_may_arrive_byte_by_byte()
    {
        await using var replica = await OnnxReplicaProcess.StartAsync(OnnxModels.Linear());
        await replica.ConnectAsync(patience);
        using var socket = await HelloAsync(replica.Socket, "gateway", "slow");
        using var frames = new FrameBuffer();
        frames.Predict(9, new PredictHead(Guid.NewGuid(), 0, BodyType.Json, false), [], "[1, 1]"u8);
        foreach (var one in frames.Written.ToArray())
        {
            await socket.SendAsync(new[] { one }, patience);
        }

        var buffer = new byte[4096];
        var filled = 0;
        while (!Encoding.UTF8.GetString(buffer, 0, filled).Contains("""{"y":[[1.3]]}""", StringComparison.Ordinal))
        {
            filled += await socket.ReceiveAsync(buffer.AsMemory(filled), patience);
        }
    }

    private static async Task<Socket> HelloAsync(string path, string role, string peer = "test")
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        using var frames = new FrameBuffer();
        frames.Json(FrameKind.Hello, new ServerHello(1, role, peer, OnnxReplicaProcess.Token, 1), ServingJson.Default.ServerHello);
        await socket.SendAsync(frames.Written);
        return socket;
    }

    private static async Task<Pong> UntilQuietAsync(ReplicaConnection control)
    {
        Pong pong;
        do
        {
            pong = await control.PingAsync(CancellationToken.None);
        }
        while (pong.InFlight > 0 || pong.Waiting > 0);
        return pong;
    }

    private static Task<ReplicaAnswer> Ask(ReplicaConnection gateway, string body, PredictExtras? extras = null) =>
        ReplicaAnswer.AskAsync(gateway, Encoding.UTF8.GetBytes(body), extras);

    private static string Json(float[] row) => $"[{string.Join(',', row.Select(v => v.ToString("R", CultureInfo.InvariantCulture)))}]";

    private static void Near(string left, string right)
    {
        var (a, b) = (Numbers(left), Numbers(right));
        Assert.Equal(a.Length, b.Length);
        for (var i = 0; i < a.Length; i++)
        {
            Assert.InRange(Math.Abs(a[i] - b[i]), 0, 1e-6 * Math.Max(1, Math.Abs(a[i])));
        }

        static double[] Numbers(string answer) =>
            [.. JsonDocument.Parse(answer).RootElement.GetProperty("y").EnumerateArray().SelectMany(r => r.EnumerateArray().Select(e => e.GetDouble()))];
    }
}
