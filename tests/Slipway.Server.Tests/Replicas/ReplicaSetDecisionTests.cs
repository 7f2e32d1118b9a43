using Slipway.Server.Replicas;

namespace Slipway.Server.Tests.Replicas;

public sealed class ReplicaSetDecisionTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 8, 0, 0, TimeSpan.Zero);

    // Replicas are written R ready, L loading, S starting, B backing off, D draining; in order of age, the oldest first; those before | are to be replaced.
    [Theory]
    [InlineData(2, "", "Create")]
    [InlineData(2, "R", "Create")]
    [InlineData(2, "RR", "None")]
    [InlineData(2, "RD", "Create")]     // what drains does not count
    [InlineData(2, "RB", "None")]       // what backs off does: it starts again by itself
    [InlineData(2, "RRR", "Drain 2")]   // the youngest of those that serve
    [InlineData(2, "RRL", "Drain 2")]
    [InlineData(2, "BRR", "Drain 0")]   // what does not serve goes first
    [InlineData(0, "R", "Drain 0")]
    [InlineData(0, "", "None")]
    [InlineData(0, "D", "None")]
    [InlineData(1, "R|", "Create")]     // a restart: the new one first,
    [InlineData(1, "R|L", "None")]      // loads,
    [InlineData(1, "R|R", "Drain 0")]   // is ready, and only now the old one goes
    [InlineData(1, "R|B", "None")]      // a new one that fails leaves the old one serving
    [InlineData(2, "RR|", "Create")]
    [InlineData(2, "RR|S", "None")]     // one at a time
    [InlineData(2, "RR|R", "Drain 1")]
    [InlineData(2, "R|R", "Create")]
    [InlineData(2, "R|RR", "Drain 0")]
    [InlineData(2, "|RR", "None")]
    [InlineData(0, "RR|", "Drain 1")]   // a restart of what should go
    [InlineData(1, "RRR|", "Drain 2")]  // scaled down and restarted
    public void The_number_of_replicas_follows_what_is_desired(int desired, string replicas, string expected)
    {
        var old = replicas.IndexOf('|', StringComparison.Ordinal);
        ReplicaOfSet[] all = [.. replicas.Replace("|", "", StringComparison.Ordinal).Select((state, age) => new ReplicaOfSet(Id(age), StateOf(state), Start.AddSeconds(age)))];
        DateTimeOffset? replaceBefore = old < 0 ? null : Start.AddSeconds(old - 0.5);

        var action = ReplicaSetDecision.Next(desired, removing: false, replaceBefore, all);

        Assert.Equal(expected, action.Step == ReplicaSetStep.Drain ? $"Drain {action.Replica.ToByteArray()[0]}" : action.Step.ToString());
    }

    [Theory]
    [InlineData("D", "None")]
    [InlineData("", "Forget")]
    public void A_set_that_should_go_goes_with_its_last_replica(string replicas, string step) =>
        Assert.Equal(Enum.Parse<ReplicaSetStep>(step), ReplicaSetDecision.Next(0, removing: true, null, [.. replicas.Select((s, i) => new ReplicaOfSet(Id(i), StateOf(s), Start))]).Step);

    private static Guid Id(int age) => new([(byte)age, .. new byte[15]]);

    private static ReplicaState StateOf(char letter) => letter switch
    {
        'R' => ReplicaState.Ready, 'L' => ReplicaState.Loading, 'S' => ReplicaState.Starting, 'B' => ReplicaState.BackingOff, _ => ReplicaState.Draining,
    };
}
