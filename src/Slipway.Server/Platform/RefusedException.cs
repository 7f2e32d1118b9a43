namespace Slipway.Server.Platform;

/// <summary>
/// Carries a refusal out of parameter binding, where ASP.NET Core has no other way to say no. The edge turns it into the answer; nothing else throws it.
/// </summary>
internal sealed class RefusedException(Refusal refusal) : Exception(refusal.Detail)
{
    public Refusal Refusal { get; } = refusal;
}
