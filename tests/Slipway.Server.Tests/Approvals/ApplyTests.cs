using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Server.Approvals;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Tests.Registry;
using Slipway.Testing;

namespace Slipway.Server.Tests.Approvals;

public sealed class ApplyTests
{
    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task An_approved_change_waits_as_long_as_its_owner_says_and_is_then_made_once(string database)
    {
        var subject = new Slot();
        await using var server = await StartAsync(database, subject);
        var (approval, rev) = await GivenRequestAsync(server, subject);
        subject.WaitsBecause = "a rollout runs";

        var approved = await (await rev.ApproveAsync(approval)).ReadAsync<ApprovalInfo>();
        Assert.Equal(("approved", "a rollout runs", (DateTimeOffset?)null), (approved.State, approved.WaitingBecause, approved.AppliedAt));

        subject.WaitsBecause = null;
        await subject.Applied.WaitAsync(TimeSpan.FromSeconds(30));
        await UntilAsync(async () => (await rev.ApprovalAsync(approval.Id)) is { AppliedAt: not null, WaitingBecause: null });
        Assert.Equal(1, subject.Times);
    }

    [Fact]
    public async Task What_goes_stale_while_it_waits_is_closed_and_both_sides_are_told()
    {
        var subject = new Slot { WaitsBecause = "a rollout runs" };
        await using var server = await StartAsync(Databases.Sqlite, subject);
        var (approval, rev) = await GivenRequestAsync(server, subject);
        await (await rev.ApproveAsync(approval)).ShouldSucceedAsync();
        subject.StaleBecause = "somebody deployed.";
        await UntilAsync(async () => (await rev.ApprovalAsync(approval.Id)) is { State: "closed", ClosedReason: "somebody deployed.", DecidedBy: "rev" });
        Assert.Contains((await rev.GetAsync<Page<NotificationInfo>>("/api/v1/notifications")).Items, n => n.Kind == "approval_decided" && n.Text == "somebody deployed.");
        Assert.Equal(0, subject.Times);
    }

    [Fact]
    public async Task A_change_that_fails_is_tried_again_until_it_works()
    {
        var subject = new Slot { FailuresLeft = 2 };
        await using var server = await StartAsync(Databases.Sqlite, subject);
        var (approval, rev) = await GivenRequestAsync(server, subject);
        Assert.Null((await (await rev.ApproveAsync(approval)).ReadAsync<ApprovalInfo>()).AppliedAt);
        await subject.Applied.WaitAsync(TimeSpan.FromSeconds(30));
        await UntilAsync(async () => (await rev.ApprovalAsync(approval.Id)).AppliedAt is not null);
        Assert.Equal(1, subject.Times);
    }

    private static async Task<TestServer> StartAsync(string database, Slot subject) => await Databases.StartAsync(database, services =>
    {
        services.AddSingleton<IApprovalSubject>(subject);
        services.PostConfigure<ApprovalOptions>(o => (o.Pace, o.RetryPace) = (TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(100)));
    });

    private static async Task<(ApprovalInfo Approval, HttpClient Rev)> GivenRequestAsync(TestServer server, Slot subject)
    {
        var rev = await server.UserAsync("rev", Role.Viewer);
        var ada = await server.UserIdAsync("test-analyst");
        var reviewer = await server.UserIdAsync("rev");
        var actor = new Actor(ada, "test-analyst", Role.Analyst, null, [], null, null, null);
        var asked = await server.Services.GetRequiredService<Writes>().RunAsync<Guid>(
            async (db, token) =>
            {
                var ask = new ApprovalAsk(subject.Kind, Guid.NewGuid(), "the slot", "slots/1", "Fill the slot.", null, "full", "{}", "hash", "empty", null, [reviewer]);
                return (await server.Services.GetRequiredService<RequestApproval>().InAsync(db, ask, actor, token)).Value.Id;
            },
            CancellationToken.None);
        return (await rev.ApprovalAsync(asked.Value.ToString()), rev);
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await condition())
        {
            await Task.Delay(50, bound.Token);
        }
    }

    /// <summary>A feature with something protected: a slot that is filled once.</summary>
    private sealed class Slot : IApprovalSubject
    {
        private readonly TaskCompletionSource applied = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile string? waitsBecause;
        private volatile string? staleBecause;
        private int times;

        public string Kind => "slot";

        public string? WaitsBecause { get => waitsBecause; set => waitsBecause = value; }

        public string? StaleBecause { get => staleBecause; set => staleBecause = value; }

        public int FailuresLeft { get; set; }

        public int Times => Volatile.Read(ref times);

        public Task Applied => applied.Task;

        public Task<string?> StaleBecauseAsync(SlipwayDbContext db, Approval approval, CancellationToken cancellationToken) => Task.FromResult(StaleBecause);

        public Task<IReadOnlyList<EvidenceSection>> DescribeAsync(SlipwayDbContext db, Approval approval, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<EvidenceSection>>([]);

        public Task<ApplyOutcome> ApplyAsync(SlipwayDbContext db, Approval approval, CancellationToken cancellationToken)
        {
            if (StaleBecause is { } stale)
            {
                return Task.FromResult(ApplyOutcome.Stale(stale));
            }

            if (WaitsBecause is { } wait)
            {
                return Task.FromResult(ApplyOutcome.Wait(wait));
            }

            if (FailuresLeft > 0)
            {
                FailuresLeft--;
                throw new IOException("The slot is jammed.");
            }

            Interlocked.Increment(ref times);
            applied.TrySetResult();
            return Task.FromResult(ApplyOutcome.Applied);
        }
    }
}
