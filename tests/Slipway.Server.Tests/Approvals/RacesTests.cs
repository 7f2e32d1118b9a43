using System.Net;
using Slipway.Contracts;
using Slipway.Server.Tests.Registry;
using Slipway.Testing;

namespace Slipway.Server.Tests.Approvals;

/// <summary>Two at the same moment. SLIPWAY_RACE_ROUNDS=200 is the full form.</summary>
public sealed class RacesTests
{
    private static readonly int Rounds = int.TryParse(Environment.GetEnvironmentVariable("SLIPWAY_RACE_ROUNDS"), out var rounds) ? rounds : 8;

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task Of_two_decisions_one_is_final(string database)
    {
        await using var server = await Databases.StartAsync(database);
        var (ada, rev, boss) = await server.GivenProtectedAsync(versions: 1);
        for (var round = 0; round < Rounds; round++)
        {
            var asked = await ada.AskAsync("churn", 1);
            var before = await EntriesAsync(ada);
            var answers = await Task.WhenAll(rev.ApproveAsync(asked), boss.RejectAsync(asked));
            var now = await ada.ApprovalAsync(asked.Id);
            Assert.Equal([HttpStatusCode.OK, HttpStatusCode.Conflict], answers.Select(a => a.StatusCode).Order());
            var approved = answers[0].IsSuccessStatusCode;
            Assert.Equal(approved ? ("approved", "rev") : ("rejected", "boss"), (now.State, now.DecidedBy));
            Assert.Equal(before + (approved ? 1 : 0), await EntriesAsync(ada));
            await LeaveAsync(ada, rev);
        }
    }

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task Approving_and_cancelling_at_once_has_one_outcome(string database)
    {
        await using var server = await Databases.StartAsync(database);
        var (ada, rev, _) = await server.GivenProtectedAsync(versions: 1);
        for (var round = 0; round < Rounds; round++)
        {
            var asked = await ada.AskAsync("churn", 1);
            var before = await EntriesAsync(ada);
            var answers = await Task.WhenAll(rev.ApproveAsync(asked), ada.CancelAsync(asked));
            Assert.Equal([HttpStatusCode.OK, HttpStatusCode.Conflict], answers.Select(a => a.StatusCode).Order());
            var approved = answers[0].IsSuccessStatusCode;
            Assert.Equal(approved ? "approved" : "cancelled", (await ada.ApprovalAsync(asked.Id)).State);
            Assert.Equal(before + (approved ? 1 : 0), await EntriesAsync(ada));
            await LeaveAsync(ada, rev);
        }
    }

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task Approving_and_deleting_at_once_leaves_either_a_version_in_Production_or_a_closed_request(string database)
    {
        await using var server = await Databases.StartAsync(database);
        var (ada, rev, _) = await server.GivenProtectedAsync(versions: 1);
        for (var round = 1; round <= Rounds; round++)
        {
            var asked = await ada.AskAsync("churn", round);
            var approving = rev.ApproveAsync(asked);
            var deleting = server.Client.DeleteAsync($"/api/v1/models/churn/versions/{round}");
            await Task.WhenAll(approving, deleting);
            var now = await ada.ApprovalAsync(asked.Id);
            if ((await deleting).IsSuccessStatusCode)
            {
                // Deleted before the change was made; the decision may have been before it or not.
                Assert.Equal(("closed", (DateTimeOffset?)null), (now.State, now.AppliedAt));
                Assert.DoesNotContain((await ada.GetAsync<StageAtInfo>("/api/v1/models/churn/stages/Production")).Versions, v => v.Version == round);
            }
            else
            {
                await (await deleting).ShouldRefuseAsync(409, "version_in_production");
                Assert.True((await approving).IsSuccessStatusCode);
                Assert.Equal(("approved", "Production"), (now.State, await ada.StageAsync("churn", round)));
            }

            await server.Client.PushedAsync("churn", ("data.csv", $"next {round}"));
        }
    }

    private static async Task LeaveAsync(HttpClient ada, HttpClient rev)
    {
        if (await ada.StageAsync("churn", 1) == "Production")
        {
            await (await rev.ApproveAsync(await ada.AskAsync("churn", 1, "None"))).ShouldSucceedAsync();
        }
    }

    private static async Task<int> EntriesAsync(HttpClient client) => (await client.GetAsync<Page<TransitionInfo>>("/api/v1/models/churn/transitions?limit=500")).Items.Count;
}
