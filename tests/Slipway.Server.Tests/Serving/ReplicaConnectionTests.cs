using Slipway.Serving;
using Slipway.Testing;

namespace Slipway.Server.Tests.Serving;

/// <summary>The server's end of a connection to a replica, read by its event loop and by whoever looks.</summary>
public sealed class ReplicaConnectionTests
{
    private readonly CancellationToken patience = new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Whoever_looks_and_the_event_loop_together_take_each_answer_once_and_whole(bool gathers)
    {
        await using var replica = new FakeReplica();
        await using var connection = await ConnectAsync(replica, gathers);
        using var over = new CancellationTokenSource();
        var looking = Enumerable.Range(0, 3).Select(_ => Task.Run(
            () =>
            {
                for (var looks = 0L; ; looks++)
                {
                    connection.Look();
                    Thread.Yield();
                    if (over.IsCancellationRequested)
                    {
                        return looks;
                    }
                }
            },
            patience)).ToList();

        await Parallel.ForEachAsync(Enumerable.Range(0, 2000), new ParallelOptions { MaxDegreeOfParallelism = 48, CancellationToken = patience }, async (i, _) =>
        {
            var body = new byte[i % 100 == 0 ? 150_000 : 10 + (i % 3000)];   // some are answered in several frames
            new Random(i).NextBytes(body);
            Assert.Equal(body, await AskAsync(connection, body));
        });

        await over.CancelAsync();
        Assert.All(await Task.WhenAll(looking), looks => Assert.NotEqual(0, looks));
        Assert.Equal(2000, replica.Requests.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_connection_that_is_lost_while_somebody_looks_ends_its_calls_once(bool gathers)
    {
        await using var replica = new FakeReplica(r => r.Text == "1" ? r.AnswerAsync("1") : Task.CompletedTask);   // all others get no answer
        await using var connection = await ConnectAsync(replica, gathers);
        var calls = Enumerable.Range(0, 20).Select(_ => Start(connection, "2"u8)).ToList();
        Assert.Equal("1"u8.ToArray(), await AskAsync(connection, "1"u8.ToArray()));
        var looking = Task.Run(
            () =>
            {
                while (!connection.IsClosed)
                {
                    connection.Look();
                }
            },
            patience);
        replica.DropConnections();
        await looking;
        foreach (var call in calls)
        {
            await call.WaitAsync();
            Assert.True(call.Take(out _));
            Assert.Equal(CallOutcome.Lost, call.Outcome);
            call.Release();
        }

        Assert.Null(connection.TryStart(new PredictHead(Guid.NewGuid(), 0, BodyType.Json, false), default, "1"u8));
    }

    private async Task<ReplicaConnection> ConnectAsync(FakeReplica replica, bool gathers)
    {
        var connection = await ReplicaConnection.ConnectAsync(replica.SocketPath, ServerHello.Gateway("test", replica.Token, 1), patience, gathers);
        Assert.Null((await connection.Loaded.WaitAsync(patience)).Failed);
        return connection;
    }

    private static ReplicaCall Start(ReplicaConnection connection, ReadOnlySpan<byte> body) =>
        connection.TryStart(new PredictHead(Guid.NewGuid(), 0, BodyType.OctetStream, false), default, body)!;

    private static async Task<byte[]> AskAsync(ReplicaConnection connection, byte[] body)
    {
        var first = Math.Min(body.Length, Frame.MaxBody);
        var call = connection.TryStart(new PredictHead(Guid.NewGuid(), 0, BodyType.OctetStream, first < body.Length), default, body.AsSpan(0, first))!;
        if (first < body.Length)
        {
            Assert.True(await call.SendBodyAsync(body.AsMemory(first), more: false));
        }

        var answer = new List<byte>();
        bool ended;
        do
        {
            await call.WaitAsync();
            ended = call.Take(out var bytes);
            answer.AddRange(bytes.Span);
            call.Grant(bytes.Length);
        }
        while (!ended);
        Assert.Equal(CallOutcome.Complete, call.Outcome);
        call.Release();
        return [.. answer];
    }
}
