using System.Text;
using System.Text.Json;
using Slipway.Serving;
using Slipway.Serving.Hosting;
using Slipway.Serving.Tensors;
using Slipway.Testing;

namespace Slipway.Server.Tests.Serving;

/// <summary>A model inside this process, behind the contract that a replica's process has.</summary>
public sealed class HostedReplicaTests
{
    private static readonly PredictExtras OpenInference = new(null, null, null, Dialects.OpenInference, null, "linear", "3");

    private readonly CancellationToken patience = new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token;

    public HostedReplicaTests() => Assert.SkipWhen(OnnxLibrary.Path is null, OnnxLibrary.Missing);

    [Fact]
    public async Task It_answers_in_the_dialect_of_the_question_and_refuses_with_a_code()
    {
        await using var hosted = Host(OnnxModels.Linear());
        var gateway = hosted.Connect()!;
        Assert.True((await gateway.Loaded).Loaded!.Batch);
        for (var again = 0; again < 100; again++)   // by the worker's thread at first, by this one once it is known to be quick
        {
            Assert.Equal("""{"y":[[1.3],[1]]}""", (await Ask(gateway, """{"inputs": {"x": [[1, 1], [0, 0]]}}""")).Text);
        }

        Assert.Equal(
            """{"model_name":"linear","model_version":"3","id":"q","outputs":[{"name":"y","datatype":"FP32","shape":[1,1],"data":[1.3]}]}""",
            (await Ask(gateway, """{"id": "q", "inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [1, 1]}]}""", OpenInference)).Text);
        var wrong = await Ask(gateway, "[1, 2, 3]");
        Assert.Equal((CallOutcome.Error, 400, "shape_mismatch", false), (wrong.Outcome, wrong.Error!.Status, wrong.Error.Code, wrong.Error.Begun));
    }

    [Fact]
    public async Task A_batch_equals_its_rows_one_by_one_and_a_bad_row_fails_alone()
    {
        await using var hosted = Host(OnnxModels.Linear(8, 3), quick: false);
        var gateway = hosted.Connect()!;
        var random = new Random(1);
        var rows = Enumerable.Range(0, 200).Select(_ => JsonSerializer.Serialize(Enumerable.Range(0, 8).Select(_ => (float)random.NextDouble()))).ToArray();
        var alone = new List<string>();
        foreach (var row in rows)
        {
            alone.Add((await Ask(gateway, row)).Text);
        }

        var calls = hosted.Load.Calls;
        var together = await Task.WhenAll(rows.Select((row, i) => Task.Run(() => Ask(gateway, i % 10 == 3 ? "[1, 2]" : row))));
        Assert.InRange(hosted.Load.Calls - calls, 1UL, 180UL);
        for (var i = 0; i < rows.Length; i++)
        {
            if (i % 10 == 3)
            {
                Assert.Equal("shape_mismatch", together[i].Error?.Code);
            }
            else
            {
                var (one, other) = (Numbers(alone[i]), Numbers(together[i].Text));
                Assert.All(one.Zip(other), p => Assert.InRange(Math.Abs(p.First - p.Second), 0, 1e-5));
            }
        }

        static IEnumerable<double> Numbers(string json) => JsonDocument.Parse(json).RootElement.GetProperty("y")[0].EnumerateArray().Select(e => e.GetDouble());
    }

    [Fact]
    public async Task Long_bodies_and_long_answers_keep_to_the_credit_and_their_order()
    {
        await using var hosted = Host(OnnxModels.Identity(OnnxModels.Float, "n"));
        var gateway = hosted.Connect()!;
        var numbers = Enumerable.Range(0, 300_000).Select(i => i * 0.5f).ToArray();
        var answers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Ask(gateway, JsonSerializer.Serialize(numbers))));
        Assert.All(answers, answer => Assert.Equal(numbers, JsonDocument.Parse(answer.Body).RootElement.GetProperty("y").EnumerateArray().Select(e => e.GetSingle())));
        Assert.Equal("""{"y":[1]}""", (await Ask(gateway, "[1]")).Text);
    }

    [Fact]
    public async Task A_model_with_a_loop_never_runs_on_the_thread_that_brings_the_request_and_can_be_given_up()
    {
        await using var hosted = Host(OnnxModels.Loop(), quick: false);
        var gateway = hosted.Connect()!;
        ReplicaCall? call = null;
        var asking = ReplicaAnswer.AskAsync(gateway, "4000000000"u8.ToArray(), started: c => call = c);   // returns: it is queued
        while (hosted.Load.InFlight == 0)
        {
            await Task.Delay(5, patience);
        }

        call!.Abort(call.Id, CallOutcome.Cancelled);
        Assert.Equal(CallOutcome.Cancelled, (await asking).Outcome);
        Assert.Equal("""{"total":3}""", (await Ask(gateway, "3").WaitAsync(TimeSpan.FromSeconds(30), patience)).Text);
    }

    [Fact]
    public async Task A_drain_finishes_what_is_in_flight_refuses_the_rest_and_ends()
    {
        await using var hosted = Host(OnnxModels.Loop(), quick: false);
        var gateway = hosted.Connect()!;
        var asking = ReplicaAnswer.AskAsync(gateway, "300000"u8.ToArray());
        while (hosted.Load.InFlight == 0 && !asking.IsCompleted)
        {
            await Task.Delay(1, patience);
        }

        hosted.Drain();
        if (!asking.IsCompleted)
        {
            var refused = await Ask(gateway, "3").ContinueWith(t => t.IsCompletedSuccessfully ? t.Result.Error?.Code : "closed", TaskScheduler.Default);
            Assert.Contains(refused, new[] { "draining", "closed" });
        }

        Assert.Equal("""{"total":300000}""", (await asking).Text);
        await hosted.Ended.WaitAsync(patience);
        await gateway.Closed.WaitAsync(patience);
        Assert.Null(hosted.Connect());
        Assert.Null(gateway.TryStart(new PredictHead(Guid.NewGuid(), 0, BodyType.Json, false), [], "3"u8));
    }

    [Fact]
    public async Task What_is_open_when_it_is_killed_is_lost_and_known_to_have_begun()
    {
        await using var hosted = Host(OnnxModels.Loop(), quick: false);
        var gateway = hosted.Connect()!;
        var begun = ReplicaAnswer.AskAsync(gateway, "4000000000"u8.ToArray());
        while (hosted.Load.InFlight == 0)
        {
            await Task.Delay(1, patience);
        }

        var waiting = gateway.TryStart(new PredictHead(Guid.NewGuid(), 0, BodyType.Json, false), [], "3"u8)!;
        hosted.Kill();
        Assert.Equal(CallOutcome.Lost, (await begun).Outcome);
        await waiting.WaitAsync();
        Assert.Equal((CallOutcome.Lost, false), (waiting.Outcome, waiting.MayHaveBegun));
        await hosted.Ended.WaitAsync(patience);
    }

    [Fact]
    public async Task Many_threads_that_ask_a_quick_model_get_their_own_answers()
    {
        await using var hosted = Host(OnnxModels.Identity(OnnxModels.Float, "n", 2));
        var gateway = hosted.Connect()!;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(thread => Task.Run(async () =>
        {
            for (var i = 0; i < 5_000; i++)
            {
                Assert.Equal($$"""{"y":[[{{thread}},{{i}}]]}""", (await Ask(gateway, $"[{thread}, {i}]")).Text);
            }
        })));
        Assert.Equal((0U, 20_000UL), (hosted.Load.Waiting, hosted.Load.Requests));
    }

    [Fact]
    public async Task An_answer_that_is_too_long_is_refused_before_it_is_written_and_the_model_and_its_neighbours_go_on()
    {
        var logged = new List<(string Text, Guid? Prediction)>();
        await using var hosted = Host(OnnxModels.Expand(), log: (_, text, prediction) => logged.Add((text, prediction)), limit: AnswerLimit.Hosted with { Bytes = 1_000_000 });   // a real one takes memory from the tests beside
        await using var other = Host(OnnxModels.Linear());
        var gateway = hosted.Connect()!;
        string plain(long size) => $$$"""{"inputs": {"x": [true], "shape": [{{{size}}}]}}""";
        string open(long size) => $$"""{"inputs": [{"name": "x", "datatype": "BOOL", "shape": [1], "data": [true]}, {"name": "shape", "datatype": "INT64", "shape": [1], "data": [{{size}}]}]}""";
        const long TooMany = 200_001;   // "true," each
        foreach (var refused in new[] { await Ask(gateway, plain(TooMany)), await Ask(gateway, open(TooMany), OpenInference) })
        {
            Assert.Equal((CallOutcome.Error, 502, "model_error", true), (refused.Outcome, refused.Error!.Status, refused.Error.Code, refused.Error.FromModel));
            Assert.Contains("256 MiB", refused.Error.Message, StringComparison.Ordinal);
            Assert.Contains("placement: replica", refused.Error.Message, StringComparison.Ordinal);
        }

        Assert.Equal(2, logged.Count);
        Assert.All(logged, l => Assert.True(l.Text.Contains("256 MiB", StringComparison.Ordinal) && l.Prediction is not null));
        Assert.Equal("""{"y":[true,true]}""", (await Ask(gateway, plain(2))).Text);
        Assert.Equal("""{"model_name":"linear","model_version":"3","outputs":[{"name":"y","datatype":"BOOL","shape":[2],"data":[true,true]}]}""", (await Ask(gateway, open(2), OpenInference)).Text);
        Assert.Equal("""{"y":[[1.3]]}""", (await Ask(other.Connect()!, "[1, 1]")).Text);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]   // by the thread that brings the request
    public async Task Without_memory_it_refuses_and_goes_on_and_where_it_cannot_even_refuse_it_ends_alone(bool quick)
    {
        var failures = 0;
        void log(string level, string text, Guid? prediction)
        {
            if (level == "ERROR" && Interlocked.Decrement(ref failures) >= 0)
            {
                GC.KeepAlive(new long[int.MaxValue]);   // more than any array holds
            }
        }

        await using var hosted = Host(OnnxModels.OnlyTwo(), quick, log);
        var gateway = hosted.Connect()!;
        for (var again = 0; again < 100; again++)
        {
            Assert.Equal("""{"y":[1,2]}""", (await Ask(gateway, "[1, 2]")).Text);
        }

        failures = 1;
        var refused = await Ask(gateway, "[1,2,3]");
        Assert.Equal((CallOutcome.Error, 502, "model_error"), (refused.Outcome, refused.Error!.Status, refused.Error.Code));
        Assert.Contains("not enough memory", refused.Error.Message, StringComparison.Ordinal);
        Assert.Equal("""{"y":[1,2]}""", (await Ask(gateway, "[1, 2]")).Text);
        Assert.Null(hosted.Failure);

        failures = int.MaxValue;
        Assert.Equal(CallOutcome.Lost, (await Ask(gateway, "[1,2,3]")).Outcome);
        await hosted.Ended.WaitAsync(patience);
        Assert.StartsWith("OutOfMemoryException", hosted.Failure, StringComparison.Ordinal);
        Assert.Null(hosted.Connect());
    }

    [Theory]
    [InlineData(15e-6, true)]    // costs an I/O thread next to nothing
    [InlineData(40e-6, false)]   // others would wait for it
    public void What_an_I_O_thread_may_do_itself_is_learnt(double seconds, bool allowed)
    {
        var quick = new QuickRuns(true);
        Assert.False(quick.Allows(100));
        for (var i = 0; i < 20; i++)
        {
            quick.Observe(100, seconds);
        }

        quick.Observe(100, 5e-3);   // the machine looked away once
        Assert.Equal(allowed, quick.Allows(90));
        for (var i = 0; i < 20; i++)
        {
            quick.Observe(100, 1e-3);   // and here it is really slow
        }

        Assert.False(quick.Allows(100));
        Assert.False(quick.Allows(5_000));     // bodies of another size are another matter
        Assert.False(new QuickRuns(false).Allows(100));
    }

    private static HostedReplica Host(byte[] model, bool quick = true, HostLog? log = null, AnswerLimit? limit = null) =>
        new(new OnnxModel(OnnxLibrary.Runtime.Open(model), 64, true, TimeSpan.FromMilliseconds(4)), "hosted", 1, quick, log ?? ((_, _, _) => { }), 0, limit);

    private static Task<ReplicaAnswer> Ask(ReplicaChannel gateway, string body, PredictExtras? extras = null) => ReplicaAnswer.AskAsync(gateway, Encoding.UTF8.GetBytes(body), extras);
}
