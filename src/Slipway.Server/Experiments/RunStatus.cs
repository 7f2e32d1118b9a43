namespace Slipway.Server.Experiments;

/// <summary>Where a run stands. All but Running are final, except that a run that was only taken for lost may come back.</summary>
internal enum RunStatus
{
    Running,
    Completed,
    Failed,
    Killed,
}

internal static class RunStatuses
{
    /// <summary>The word in any case, or MLflow's for it; null: there is no such status.</summary>
    public static RunStatus? Parse(string? word) => word?.ToUpperInvariant() switch
    {
        "RUNNING" or "SCHEDULED" => RunStatus.Running,
        "COMPLETED" or "FINISHED" => RunStatus.Completed,
        "FAILED" => RunStatus.Failed,
        "KILLED" => RunStatus.Killed,
        _ => null,
    };
}
