namespace Slipway.Server.Platform;

/// <summary>A request that is carried out once, and says so in the transaction of what it does (<see cref="SlipwayDbContext.Claim(IUnitClaim)"/>).</summary>
internal interface IUnitClaim
{
    /// <summary>Writes its mark. A unit that is repeated calls it again, on another context.</summary>
    /// <param name="made">What the unit changed for it: kind, and path below <c>/api/v1</c>.</param>
    Task StoreAsync(SlipwayDbContext unit, IReadOnlyList<(string Kind, string Resource)> made, CancellationToken cancellationToken);
}
