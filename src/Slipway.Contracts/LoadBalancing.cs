namespace Slipway.Contracts;

/// <summary>How requests are spread over the ready replicas; settings that change in place.</summary>
/// <param name="Enabled">Off: in turn over the ready replicas, without stickiness or ejection.</param>
/// <param name="Algorithm">round_robin, least_connections or ip_hash (the same caller's address, the same replica; few move when one goes).</param>
/// <param name="Sticky">none, cookie (the gateway sets one) or header (the caller's own session id). A replica that is not well is passed over.</param>
/// <param name="StickyName">Name of the cookie or header; null without stickiness.</param>
/// <param name="EjectionFailures">Failures in a row (502, 503, 504, a model's 5xx) after which a replica gets no requests for a while; 0: never.</param>
/// <param name="EjectionSeconds">The while after the first ejection; it grows with each further one.</param>
/// <param name="MaxEjectedPercentage">Most of the replicas that may be out at a time.</param>
public sealed record LoadBalancerSettings(
    bool Enabled, string Algorithm, string Sticky, string? StickyName, int EjectionFailures, double EjectionSeconds, int MaxEjectedPercentage);

/// <summary>Changes some of <see cref="LoadBalancerSettings"/>. Absent members stay as they are; an empty <paramref name="StickyName"/> is the default one.</summary>
public sealed record LoadBalancerRequest(
    bool? Enabled = null, string? Algorithm = null, string? Sticky = null, string? StickyName = null, int? EjectionFailures = null, double? EjectionSeconds = null,
    int? MaxEjectedPercentage = null);
