using Slipway.Server.Identity;

namespace Slipway.Server.Tests.Identity;

public sealed class RightsTests
{
    private static readonly Guid Somebody = Guid.NewGuid();

    [Fact]
    public void The_table_of_docs_rights_md_is_the_table_of_the_code()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Slipway.slnx")))
        {
            folder = folder.Parent!;
        }

        var documented = File.ReadLines(Path.Combine(folder.FullName, "docs/rights.md")).Where(l => l.StartsWith("| `", StringComparison.Ordinal))
            .Select(l => l.Trim('|').Split('|', StringSplitOptions.TrimEntries)).Where(c => c.Length == 6).Select(c => $"{c[0].Trim('`')}: {c[2]}, {c[3]}, {c[4]}, {c[5]}");
        var coded = Enum.GetValues<Right>().Select(right =>
            $"{right.WireName()}: {string.Join(", ", Enum.GetValues<Role>().Select(role => Rights.Of(role, right).ToString().ToLowerInvariant()))}");
        Assert.Equal(coded, documented);
    }

    [Theory]
    [InlineData(Role.Viewer, Right.ReadBodies, true, "missing_right")]      // not even on what they once made
    [InlineData(Role.Analyst, Right.ReadBodies, true, null)]                // own
    [InlineData(Role.Analyst, Right.ReadBodies, false, "not_the_owner")]
    [InlineData(Role.Manager, Right.ReadBodies, false, null)]
    [InlineData(Role.Analyst, Right.OperateStaging, false, "not_the_owner")]
    [InlineData(Role.Analyst, Right.OperateProduction, true, "missing_right")]
    [InlineData(Role.Manager, Right.DeployToProduction, true, "missing_right")]
    [InlineData(Role.Administrator, Right.DeployToProduction, false, null)]
    internal void Owning_a_thing_widens_what_an_analyst_may(Role role, Right right, bool own, string? code)
    {
        var actor = ActorOf(role);
        Assert.Equal(code, Authorize.OwnOr(actor, right, own ? actor.UserId : Somebody)?.Code);
    }

    [Theory]
    [InlineData(Role.Analyst, true, false, null)]
    [InlineData(Role.Analyst, true, true, "not_the_owner")]    // not in production, own or not
    [InlineData(Role.Analyst, false, false, "not_the_owner")]
    [InlineData(Role.Manager, false, true, null)]
    internal void An_analyst_deletes_only_own_things_outside_production(Role role, bool own, bool inProduction, string? code)
    {
        var actor = ActorOf(role);
        Assert.Equal(code, Authorize.Delete(actor, own ? actor.UserId : Somebody, inProduction)?.Code);
    }

    [Theory]
    [InlineData("predict", Right.Predict, true)]
    [InlineData("predict", Right.Read, false)]
    [InlineData("predict", Right.ManageAccount, false)]   // a leaked invoke-only key makes no further keys
    [InlineData("read", Right.ReadBodies, true)]
    [InlineData("read", Right.WriteRegistry, false)]
    [InlineData("read", Right.Predict, false)]
    [InlineData("write", Right.Read, true)]               // a push reads what it has written
    [InlineData("write", Right.Predict, false)]
    [InlineData("write", Right.DecideApprovals, false)]   // a schedule's key does not review
    [InlineData("write", Right.Administer, false)]        // and takes no rule away that names reviewers
    [InlineData("train", Right.WriteRegistry, true)]
    [InlineData("train", Right.DeployToDevelopment, false)]
    [InlineData("train", Right.Administer, false)]
    internal void A_scope_restricts_a_key(string scope, Right right, bool allowed) => Assert.Equal(allowed, Rights.ScopesAllow([scope], right));

    [Fact]
    public void Another_project_is_nobodys() =>
        Assert.NotNull(Authorize.Check(ActorOf(Role.Administrator), Right.Read, Guid.NewGuid()));

    private static Actor ActorOf(Role role) => new(Guid.NewGuid(), "somebody", role, null, [], null, null, null);
}
