namespace Slipway.Server.Platform;

/// <summary>A request that is carried out once, and says so in the transaction of what it does (<see cref="SlipwayDbContext.Claim(IUnitClaim)"/>).</summary>
internal interface IUnitClaim
{
    /// <summary>Writes its mark. A unit that is repeated calls it again, on another context.</summary>
    /// <param name="made">What the unit changed for it: kind, and path below <c>/api/v1</c>.</param>
    /// <exception cref="ClaimTakenException">Another attempt at the same request has carried it out meanwhile: the unit must leave nothing.</exception>
    Task StoreAsync(SlipwayDbContext unit, IReadOnlyList<(string Kind, string Resource)> made, CancellationToken cancellationToken);
}

/// <summary>A unit is not committed because the request that it is for was carried out by another attempt.</summary>
internal sealed class ClaimTakenException() : Exception("Another attempt at the same request has carried it out meanwhile.");
