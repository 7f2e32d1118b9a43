using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Testing;

namespace Slipway.Server.Tests.Platform;

public sealed class SnapshotTests
{
    [Fact]
    public Task A_snapshot_does_not_see_what_is_committed_after_its_first_query_and_holds_up_nobody() => LookAsync(null);

    [Fact]
    public async Task A_snapshot_does_not_see_what_is_committed_after_its_first_query_on_postgresql() => await LookAsync(await PostgreSqlServer.CreateDatabaseOrSkipAsync());

    private static async Task LookAsync(string? postgreSql)
    {
        await using var server = await TestServer.StartAsync(postgreSql: postgreSql);
        var database = server.Services.GetRequiredService<Database>();
        await using var snapshot = await database.SnapshotAsync(CancellationToken.None);
        var before = await snapshot.Set<AuditEntry>().CountAsync();

        var written = await server.Services.GetRequiredService<Writes>().RunAsync(
            (db, _) =>
            {
                server.Services.GetRequiredService<AuditLog>().Record(db, Actor.System, "test.written", "test", "thing");
                return Task.FromResult(Result.Done);
            },
            CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(4));   // before the database's own patience ends

        Assert.Null(written.Refusal);
        Assert.Equal(before, await snapshot.Set<AuditEntry>().CountAsync());
        await using var now = database.Read();
        Assert.True(await now.Set<AuditEntry>().AnyAsync(e => e.Action == "test.written"));
    }
}
