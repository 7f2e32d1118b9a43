using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Testing;

namespace Slipway.Server.Tests.Identity;

public sealed class AuditChainTests
{
    [Theory]
    [InlineData("UPDATE audit_entries SET actor = 'nobody' WHERE sequence = 5", "Audit row 5 was edited.")]
    [InlineData("UPDATE audit_entries SET before_sequence = 3 WHERE sequence = 5", "Audit row 4 was inserted.")]   // what its row claims to follow
    [InlineData("DELETE FROM audit_entries WHERE sequence = 5", "Audit row 5 was deleted.")]
    [InlineData("DELETE FROM audit_entries WHERE sequence = (SELECT max(sequence) FROM audit_entries)", "was deleted from the end.")]
    [InlineData(
        "UPDATE audit_entries SET sequence = -1 WHERE sequence = 5; INSERT INTO audit_entries (sequence, at, actor_id, actor, action, resource_kind, resource) SELECT 5, at, actor_id, actor, action, resource_kind, resource FROM audit_entries WHERE sequence = 6",
        "Audit row 5 was inserted after its neighbours were sealed.")]
    public async Task A_row_that_was_touched_is_named(string sql, string finding)
    {
        await TouchAsync(null, sql, finding);
        await TouchAsync(await PostgreSqlServer.CreateDatabaseOrSkipAsync(), sql, finding);
    }

    [Fact]
    public async Task An_untouched_trail_verifies_and_says_how_much_it_read()
    {
        await using var server = await TestServer.StartAsync();
        await server.Services.GetRequiredService<AuditSealer>().SealAsync(CancellationToken.None);
        var report = await (await server.Client.PostAsync("/api/v1/system/verify", null)).ReadAsync<Contracts.VerifyReport>();
        Assert.DoesNotContain(report.Findings, f => f.Kind == "audit_broken");
        Assert.True(report.AuditEntriesChecked >= 8, $"{report.AuditEntriesChecked}");
        Assert.True((await server.Client.GetAsync<Contracts.Page<Contracts.AuditEntryInfo>>("/api/v1/audit")).Items.All(e => e.Sealed));
    }

    [Theory]
    [InlineData("1 2 3", 60, 3)]
    [InlineData("1 2 4", 0, 2)]      // 3 may still be committed
    [InlineData("1 2 4 5", 60, 4)]   // no unit lasts so long: 3 was rolled back
    [InlineData("2", 0, 0)]
    [InlineData("", 0, 0)]
    public void Sealing_stops_before_a_gap_that_may_still_be_filled(string sequences, int ageSeconds, int sealable)
    {
        var now = DateTimeOffset.UnixEpoch.AddDays(1);
        var rows = sequences.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(s => (long.Parse(s), now.AddSeconds(-ageSeconds))).ToList();
        Assert.Equal(sealable, AuditSealer.Sealable(0, rows, now));
    }

    [Fact]
    public async Task The_export_is_csv_that_a_spreadsheet_does_not_run()
    {
        await using var server = await TestServer.StartAsync();
        await server.Services.GetRequiredService<Writes>().RunAsync(
            (db, _) =>
            {
                server.Services.GetRequiredService<AuditLog>().Record(db, Actor.System, "test.done", "test", "=cmd|' /C calc'!A0", after: """{"a":"b, c"}""");
                return Task.FromResult(Result.Done);
            },
            CancellationToken.None);
        var csv = await server.Client.GetStringAsync("/api/v1/audit.csv?action=test.done");
        Assert.Contains("test.done,test,'=cmd|' /C calc'!A0,,\"{\"\"a\"\":\"\"b, c\"\"}\"", csv, StringComparison.Ordinal);
        await (await server.As(Role.Manager).GetAsync("/api/v1/audit.csv")).ShouldRefuseAsync(403, "missing_right");
    }

    private static async Task TouchAsync(string? postgreSql, string sql, string finding)
    {
        await using var server = await TestServer.StartAsync(postgreSql: postgreSql);
        await server.Services.GetRequiredService<AuditSealer>().SealAsync(CancellationToken.None);
        Assert.Empty((await server.Services.GetRequiredService<AuditChain>().VerifyAsync(CancellationToken.None)).Findings);

        await using (var db = server.Services.GetRequiredService<Database>().Open())
        {
            await db.Database.ExecuteSqlRawAsync(sql);
        }

        var findings = (await server.Services.GetRequiredService<AuditChain>().VerifyAsync(CancellationToken.None)).Findings;
        Assert.Contains(findings, f => f.Kind == "audit_broken" && f.Detail.EndsWith(finding, StringComparison.Ordinal));
    }
}
