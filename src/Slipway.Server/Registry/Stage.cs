namespace Slipway.Server.Registry;

/// <summary>A label on a version; several versions may share one. Not an environment.</summary>
internal enum Stage
{
    None,
    Staging,
    Production,
    Archived,
}

internal static class Stages
{
    /// <summary>The stage of that name, without regard to case; null when there is none.</summary>
    public static Stage? Parse(string? name)
    {
        foreach (var stage in Enum.GetValues<Stage>())
        {
            if (string.Equals(name, stage.ToString(), StringComparison.OrdinalIgnoreCase))
            {
                return stage;
            }
        }

        return null;
    }
}

internal enum VersionStatus
{
    Pending,
    Ready,
    Failed,
}
