using System.Diagnostics;

namespace Slipway.Server.Platform;

/// <summary>
/// Named places where a test can make this process die, throw or dawdle: <c>SLIPWAY_FAILPOINTS=rollouts.before_effect=kill@3;packages.build=sleep:500</c>. A rule is
/// <c>name=action</c>, with <c>kill</c> (SIGKILL, as a power cut would), <c>throw</c> or <c>sleep:MILLISECONDS</c>, and optionally <c>@N</c>: only at the N-th time that the place is passed.
/// The calls are compiled into the Debug and Test configurations only; a release build refuses to start when the variable is set.
/// </summary>
internal static class Failpoints
{
    private const string Variable = "SLIPWAY_FAILPOINTS";
    private static readonly Dictionary<string, Rule> Rules = Parse(Environment.GetEnvironmentVariable(Variable));

    /// <summary>Passes a place.</summary>
    [Conditional("SLIPWAY_FAILPOINTS")]
    public static void Pass(string name)
    {
        if (Rules.TryGetValue(name, out var rule) && (Interlocked.Increment(ref rule.Passed) == rule.Only || rule.Only is null))
        {
            rule.Act(name);
        }
    }

    /// <summary>Called before anything else: a release build must not run with failpoints asked for.</summary>
    /// <exception cref="InvalidOperationException">The variable is set and this build has no failpoints.</exception>
    public static void RefuseInRelease()
    {
#if !SLIPWAY_FAILPOINTS
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 })
        {
            throw new InvalidOperationException($"{Variable} is set, and this is a release build. Unset it.");
        }
#endif
    }

    private static Dictionary<string, Rule> Parse(string? text) =>
        (text ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries).Select(r => r.Split('=', 2)).ToDictionary(r => r[0], r => new Rule(r[1]));

    private sealed class Rule
    {
        private readonly string action;

        public Rule(string text)
        {
            var parts = text.Split('@', 2);
            action = parts[0];
            Only = parts.Length == 2 ? int.Parse(parts[1]) : null;
        }

        public int Passed;

        public int? Only { get; }

        public void Act(string name)
        {
            switch (action)
            {
                case "kill":
                    Process.GetCurrentProcess().Kill();
                    Thread.Sleep(Timeout.Infinite);
                    break;
                case "throw":
                    throw new IOException($"Failpoint {name}");
                default:
                    Thread.Sleep(int.Parse(action["sleep:".Length..]));
                    break;
            }
        }
    }
}
