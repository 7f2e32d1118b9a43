namespace Slipway.Server.Registry;

/// <summary>A label on a version; several versions may share one. Not an environment.</summary>
internal enum Stage
{
    None,
    Staging,
    Production,
    Archived,
}

internal enum VersionStatus
{
    Pending,
    Ready,
    Failed,
}
