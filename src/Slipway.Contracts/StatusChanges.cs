namespace Slipway.Contracts;

/// <summary>A status that a deployment came into.</summary>
/// <param name="Status">ACTIVE, UNHEALTHY, …: the words of a deployment's status.</param>
/// <param name="Reason">Why, from the closed list of reasons; null: nothing stands out.</param>
/// <param name="At">Since when.</param>
/// <param name="Until">When it became another; null: it is so now.</param>
public sealed record StatusChangeInfo(string Status, string? Reason, DateTimeOffset At, DateTimeOffset? Until);
