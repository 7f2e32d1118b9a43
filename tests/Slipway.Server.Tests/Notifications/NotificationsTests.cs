using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Notifications;
using Slipway.Server.Tests.Approvals;
using Slipway.Server.Tests.Registry;
using Slipway.Testing;

namespace Slipway.Server.Tests.Notifications;

public sealed class NotificationsTests
{
    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task Reviewers_hear_of_a_request_and_the_requester_of_the_decision(string database)
    {
        await using var server = await Databases.StartAsync(database);
        var (ada, rev, boss) = await server.GivenProtectedAsync();
        var asked = await ada.AskAsync("churn", 1, note: "better recall");

        var message = Assert.Single(await OfAsync(rev));
        Assert.Equal(("approval_requested", "ada asks: Move churn v1 from None to Production.", "better recall", $"/approvals/{asked.Id}"), (message.Kind, message.Title, message.Text, message.Link));
        Assert.Null(message.ReadAt);
        Assert.Equal((1, 1, 0), (await UnreadAsync(rev), await UnreadAsync(boss), await UnreadAsync(ada)));

        await (await rev.RejectAsync(asked, """{"comment":"too slow"}""")).ShouldSucceedAsync();
        var decided = Assert.Single(await OfAsync(ada));
        Assert.Equal(("approval_decided", "too slow"), (decided.Kind, decided.Text));

        await (await rev.PostAsync($"/api/v1/notifications/{message.Id}/read", null)).ShouldSucceedAsync();
        await (await ada.PostAsync($"/api/v1/notifications/{message.Id}/read", null)).ShouldRefuseAsync(404, "notification_not_found");
        await (await ada.PostAsync("/api/v1/notifications/x/read", null)).ShouldRefuseAsync(404, "notification_not_found");
        Assert.Equal((0, 1, 1), (await UnreadAsync(rev), await UnreadAsync(boss), await UnreadAsync(ada)));
        Assert.Empty((await rev.GetAsync<Page<NotificationInfo>>("/api/v1/notifications?unread=true")).Items);
    }

    [Fact]
    public async Task Reading_all_leaves_what_came_after_the_newest_that_was_seen_and_lists_are_paged()
    {
        await using var server = await TestServer.StartAsync();
        var (ada, rev, _) = await server.GivenProtectedAsync(versions: 3);
        for (var version = 1; version <= 3; version++)
        {
            await ada.AskAsync("churn", version);
        }

        var first = await rev.GetAsync<Page<NotificationInfo>>("/api/v1/notifications?limit=2");
        Assert.Equal(2, first.Items.Count);
        var last = Assert.Single((await rev.GetAsync<Page<NotificationInfo>>($"/api/v1/notifications?limit=2&page_token={first.NextPageToken}")).Items);
        Assert.Contains("v1", last.Title, StringComparison.Ordinal);

        Assert.Equal(1, (await (await rev.PostJsonAsync("/api/v1/notifications/read", $$"""{"up_to":"{{first.Items[1].Id}}"}""")).ReadAsync<UnreadInfo>()).Unread);
        Assert.Equal(0, (await (await rev.PostJsonAsync("/api/v1/notifications/read", "{}")).ReadAsync<UnreadInfo>()).Unread);
        await (await rev.PostJsonAsync("/api/v1/notifications/read", """{"up_to":"x"}""")).ShouldRefuseAsync(400, "invalid_field");
    }

    [Fact]
    public async Task A_kind_that_somebody_switched_off_does_not_reach_them()
    {
        await using var server = await TestServer.StartAsync();
        var (ada, rev, boss) = await server.GivenProtectedAsync();
        var set = await (await rev.SendJsonAsync(HttpMethod.Put, "/api/v1/notifications/preferences", """{"in_app":{"approval_requested":false}}""")).ReadAsync<NotificationPreferences>();
        Assert.False(set.Kinds.Single(k => k.Kind == "approval_requested").InApp);
        Assert.True(set.Kinds.Single(k => k.Kind == "approval_decided").InApp);
        await (await rev.SendJsonAsync(HttpMethod.Put, "/api/v1/notifications/preferences", """{"in_app":{"gossip":true}}""")).ShouldRefuseAsync(400, "invalid_field");

        await ada.AskAsync("churn", 1);
        Assert.Equal((0, 1), (await UnreadAsync(rev), await UnreadAsync(boss)));
        await rev.SendJsonAsync(HttpMethod.Put, "/api/v1/notifications/preferences", """{"in_app":{"approval_requested":true}}""");
        await ada.AskAsync("churn", 2);
        Assert.Equal(1, await UnreadAsync(rev));
    }

    [Fact]
    public async Task A_message_moves_the_pages_of_its_user_and_of_nobody_else()
    {
        await using var server = await TestServer.StartAsync();
        var (ada, rev, _) = await server.GivenProtectedAsync();
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var heard = HearAsync(await OpenAsync(rev, bound.Token), bound.Token);
        var unheard = HearAsync(await OpenAsync(ada, bound.Token), bound.Token);
        await ada.AskAsync("churn", 1);
        Assert.Equal($"notifications/{await server.UserIdAsync("rev")}", await heard);

        // Ada's stream goes on until her own message comes.
        Assert.False(unheard.IsCompleted);
        var asked = (await ada.GetAsync<Page<ApprovalInfo>>("/api/v1/approvals")).Items.Single();
        await (await rev.RejectAsync(asked)).ShouldSucceedAsync();
        Assert.Equal($"notifications/{await server.UserIdAsync("ada")}", await unheard);
    }

    [Fact]
    public async Task Old_messages_are_removed()
    {
        var time = new ManualTimeProvider();
        await using var server = await TestServer.StartAsync(services: services => services.AddSingleton<TimeProvider>(time));
        var (ada, rev, _) = await server.GivenProtectedAsync();
        await ada.AskAsync("churn", 1);
        time.Leap(TimeSpan.FromDays(60));
        await ada.AskAsync("churn", 2);
        time.Leap(TimeSpan.FromDays(31));
        await server.Services.GetRequiredService<NotificationSweeper>().SweepAsync(CancellationToken.None);
        Assert.Contains("v2", Assert.Single(await OfAsync(rev)).Title, StringComparison.Ordinal);
    }

    private static async Task<IReadOnlyList<NotificationInfo>> OfAsync(HttpClient client) => (await client.GetAsync<Page<NotificationInfo>>("/api/v1/notifications")).Items;

    private static async Task<int> UnreadAsync(HttpClient client) => (await client.GetAsync<UnreadInfo>("/api/v1/notifications/unread")).Unread;

    // Open when it is told so: what happens from now on is heard.
    private static async Task<StreamReader> OpenAsync(HttpClient client, CancellationToken cancellationToken)
    {
        var reader = new StreamReader(await client.GetStreamAsync("/api/v1/events", cancellationToken));
        while (await reader.ReadLineAsync(cancellationToken) is { } line && line != ": connected")
        {
        }

        return reader;
    }

    // The resource of the first message of which this stream tells.
    private static async Task<string> HearAsync(StreamReader stream, CancellationToken cancellationToken)
    {
        using (stream)
        {
            while (await stream.ReadLineAsync(cancellationToken) is { } line)
            {
                if (line.StartsWith("data: ", StringComparison.Ordinal)
                    && System.Text.Json.JsonSerializer.Deserialize(line["data: ".Length..], ContractsJson.Default.ServerEvent) is { Kind: "notification" } change)
                {
                    return change.Resource;
                }
            }
        }

        return "the stream ended";
    }
}
