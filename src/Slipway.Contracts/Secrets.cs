namespace Slipway.Contracts;

/// <summary>What is told of a secret; its value never is.</summary>
/// <param name="Version">How often it was set.</param>
/// <param name="UsedBy">Deployments whose running or newest configuration names it, as <c>environment/name</c>.</param>
public sealed record SecretInfo(
    string Name, string Environment, int Version, IReadOnlyList<string> UsedBy, string CreatedBy, DateTimeOffset CreatedAt, string UpdatedBy, DateTimeOffset UpdatedAt, string Etag);

/// <summary>Sets a secret.</summary>
/// <param name="Value">1 to 32,768 characters.</param>
public sealed record SetSecretRequest(string Value)
{
    /// <summary>Without the value, which nobody may read.</summary>
    public override string ToString() => nameof(SetSecretRequest);
}
