using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
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

    [Fact]
    public async Task A_database_that_somebody_else_holds_is_503_for_everybody_who_waits_and_reading_goes_on()
    {
        await using var server = await TestServer.StartAsync();
        await using var other = new SqliteConnection($"Data Source={Path.Combine(server.DataFolder, "slipway.db")};Pooling=False");
        await other.OpenAsync();
        await using (var holds = other.BeginTransaction(deferred: false))
        {
            var began = TimeProvider.System.GetTimestamp();
            var refused = await Task.WhenAll(Enumerable.Range(0, 3).Select(i => server.Client.PostJsonAsync("/api/v1/models", $$"""{"name":"held-{{i}}"}""")));
            foreach (var response in refused)
            {
                await response.ShouldRefuseAsync(503, "database_busy");
                Assert.NotNull(response.Headers.RetryAfter);
            }

            // Not one after the other, and not for the provider's 30 s.
            Assert.InRange(TimeProvider.System.GetElapsedTime(began).TotalSeconds, 1, 25);
            await (await server.Client.GetAsync("/api/v1/models")).ShouldSucceedAsync();
            await holds.RollbackAsync();
        }

        await (await server.Client.PostJsonAsync("/api/v1/models", """{"name":"held-0"}""")).ShouldSucceedAsync();
        var models = await server.Client.GetAsync<Page<ModelInfo>>("/api/v1/models");
        Assert.Equal("held-0", Assert.Single(models.Items).Name);   // the refused left nothing
    }

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

        if (postgreSql is not null)
        {
            // A key that is taken also while no other unit runs will be taken for ever: all others are held up once for it.
            var tries = 0;
            await Assert.ThrowsAsync<Npgsql.PostgresException>(() => writes.RunAsync<int>(
                (_, _) =>
                {
                    tries++;
                    throw new Npgsql.PostgresException("taken", "ERROR", "ERROR", "23505");
                },
                CancellationToken.None));
            Assert.Equal(7, tries);
        }

        await using var read = server.Services.GetRequiredService<Database>().Read();
        Assert.Equal(10, results.Count(r => !r.IsRefused));
        var actions = await read.Set<AuditEntry>().Where(e => e.ResourceKind == "test").Select(e => e.Action).ToListAsync();
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"test.{2 * i}").Order(), actions.Order());
    }
}
