using System.Buffers.Binary;

namespace Slipway.Server.History.Store;

/// <summary>Which predictions are asked for; a null says nothing about its field.</summary>
/// <param name="Deployments">Ids: they find a deployment whatever it was called, also when it is deleted.</param>
/// <param name="Status">Bounds of the HTTP status, both inclusive; 0 is aborted.</param>
/// <param name="ModelVersion">Version of the model that answered.</param>
/// <param name="Variant">That answered.</param>
/// <param name="IsMatched">Whether a row of the routing table matched, or the default row answered; neither where there was no table.</param>
/// <param name="IsFallback">Whether another variant should have answered and failed.</param>
internal sealed record PredictionFilter(
    string? Environment = null, IReadOnlySet<Guid>? Deployments = null, DateTimeOffset? From = null, DateTimeOffset? To = null, (short Least, short Most)? Status = null,
    int? ModelVersion = null, Origin? Origin = null, string? Variant = null, bool? IsMatched = null, bool? IsFallback = null)
{
    /// <summary>Least id that <see cref="From"/> lets in: ids begin with their instant in milliseconds.</summary>
    public Guid FirstId => From is { } from ? At(from) : Guid.Empty;

    /// <summary>Least id that is too new.</summary>
    public Guid EndId => To is { } to ? At(to) : Guid.AllBitsSet;

    /// <summary>Whether only those are asked for that did not answer 2xx.</summary>
    public bool IsNotOk => Status is { } status && (status.Most < 200 || status.Least > 299);

    public bool IsNotLive => Origin is > History.Origin.Live;

    public bool Matches(short status, Origin origin) =>
        (Status is not { } range || (status >= range.Least && status <= range.Most)) && (Origin is not { } one || one == origin);

    public bool Matches(RouteLabel route) =>
        (Environment is null || Environment == route.Environment) && (Deployments is null || Deployments.Contains(route.DeploymentId))
        && (ModelVersion is null || ModelVersion == route.ModelVersion) && (Variant is null || Variant == route.Variant)
        && (IsMatched is not { } matched || (route.Row is { } row && row > 0 == matched)) && (IsFallback is not { } fallback || route.RoutedTo is not null == fallback);

    private static Guid At(DateTimeOffset at)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(bytes, Math.Max(0, at.ToUnixTimeMilliseconds()) << 16);
        bytes[8..].Clear();
        return new Guid(bytes, bigEndian: true);
    }
}
