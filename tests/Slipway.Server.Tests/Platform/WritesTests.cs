using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Testing;

namespace Slipway.Server.Tests.Platform;

public sealed class WritesTests
{
    [Fact]
    public Task A_refused_unit_leaves_nothing_and_its_neighbours_in_the_same_commit_stay() => RefuseAsync(null);

    [Fact]
    public async Task A_refused_unit_leaves_nothing_on_postgresql() => await RefuseAsync(await PostgreSqlServer.CreateDatabaseOrSkipAsync());

    private static async Task RefuseAsync(string? postgreSql)
    {
        await using var server = await TestServer.StartAsync(postgreSql: postgreSql);
        var writes = server.Services.GetRequiredService<Writes>();
        var audit = server.Services.GetRequiredService<AuditLog>();

        var results = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => writes.RunAsync<int>(
            async (db, token) =>
            {
                audit.Record(db, Actor.System, $"test.{i}", "test", "thing");
                await db.SaveChangesAsync(token);
                return i % 2 == 0 ? i : Refusal.Conflict("odd", "Odd numbers are refused; take an even one.");
            },
            CancellationToken.None)));

        await using var read = server.Services.GetRequiredService<Database>().Read();
        Assert.Equal(10, results.Count(r => !r.IsRefused));
        var actions = await read.Set<AuditEntry>().Where(e => e.ResourceKind == "test").Select(e => e.Action).ToListAsync();
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"test.{2 * i}").Order(), actions.Order());
    }
}
