namespace Slipway.Server.Identity;

/// <summary>Slows down guessing: after five failures for a user from an address, each further one doubles the wait, up to 15 minutes. In memory.</summary>
internal sealed class SignInThrottle(TimeProvider time)
{
    private const int Free = 5;
    private const int MostEntries = 10_000;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);
    private readonly Lock gate = new();
    private readonly Dictionary<(string User, string Address), (int Failures, DateTimeOffset Until)> failures = [];

    /// <summary>How long this user must wait at this address; null: not at all.</summary>
    public TimeSpan? MustWait(string user, string address)
    {
        lock (gate)
        {
            return failures.TryGetValue((user, address), out var entry) && entry.Failures >= Free && entry.Until - time.GetUtcNow() is { Ticks: > 0 } wait ? wait : null;
        }
    }

    public void Failed(string user, string address)
    {
        lock (gate)
        {
            var now = time.GetUtcNow();
            if (failures.Count >= MostEntries)
            {
                foreach (var old in failures.Where(f => f.Value.Until < now).Select(f => f.Key).ToList())
                {
                    failures.Remove(old);
                }
            }

            var count = failures.GetValueOrDefault((user, address)).Failures + 1;
            var wait = TimeSpan.FromSeconds(Math.Min(Longest.TotalSeconds, Math.Pow(2, Math.Max(0, Math.Min(count - Free, 16)))));
            failures[(user, address)] = (count, now + (count < Free ? Longest : wait));
        }
    }

    public void Succeeded(string user, string address)
    {
        lock (gate)
        {
            failures.Remove((user, address));
        }
    }
}
