namespace Slipway.Server.Identity;

/// <summary>
/// Slows down guessing: after five failures for a user from an address, or fifty from an address whatever the user, each further one doubles the wait, up to 15
/// minutes. In memory.
/// </summary>
internal sealed class SignInThrottle(TimeProvider time)
{
    private const int FreePerUser = 5;
    private const int FreePerAddress = 50;
    private const int MostEntries = 10_000;
    private const string AnyUser = "";
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);
    private readonly Lock gate = new();
    private readonly Dictionary<(string User, string Address), (int Failures, DateTimeOffset Until)> failures = [];

    /// <summary>How long this user must wait at this address; null: not at all.</summary>
    public TimeSpan? MustWait(string user, string address)
    {
        lock (gate)
        {
            var (forUser, forAddress) = (WaitOf(user, address, FreePerUser), WaitOf(AnyUser, address, FreePerAddress));
            return forUser > forAddress || forAddress is null ? forUser : forAddress;
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

            Add(user, address, FreePerUser, now);
            Add(AnyUser, address, FreePerAddress, now);
        }
    }

    public void Succeeded(string user, string address)
    {
        lock (gate)
        {
            failures.Remove((user, address));
        }
    }

    private TimeSpan? WaitOf(string user, string address, int free) =>
        failures.TryGetValue((user, address), out var entry) && entry.Failures >= free && entry.Until - time.GetUtcNow() is { Ticks: > 0 } wait ? wait : null;

    // Below the free number the time only says how long a failure is remembered.
    private void Add(string user, string address, int free, DateTimeOffset now)
    {
        var known = failures.GetValueOrDefault((user, address));
        var count = known.Until + Longest < now ? 1 : known.Failures + 1;
        var wait = TimeSpan.FromSeconds(Math.Min(Longest.TotalSeconds, Math.Pow(2, Math.Clamp(count - free, 0, 16))));
        failures[(user, address)] = (count, now + (count < free ? Longest : wait));
    }
}
