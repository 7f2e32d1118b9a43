namespace Slipway.Server.Identity;

/// <summary>What a route may need. Who has which is in <see cref="Rights"/> and in docs/rights.md.</summary>
internal enum Right
{
    /// <summary>Read registry, deployments, analytics, logs.</summary>
    Read,

    /// <summary>Call predictions.</summary>
    Predict,

    /// <summary>Read recorded inputs and outputs (Analyst: of own deployments).</summary>
    ReadBodies,

    /// <summary>Write experiments, runs, models, versions, uploads.</summary>
    WriteRegistry,

    /// <summary>Create and operate deployments in development, promote to staging.</summary>
    DeployToDevelopment,

    /// <summary>Create and operate schedules, which run training jobs (Analyst: own).</summary>
    OperateSchedules,

    /// <summary>Take a deployment of staging back to development.</summary>
    Reject,

    /// <summary>Operate and deploy to staging (Analyst: own).</summary>
    OperateStaging,

    /// <summary>Promote to production and operate production.</summary>
    OperateProduction,

    /// <summary>Delete deployments and versions (Analyst: own, outside production).</summary>
    Delete,

    /// <summary>Decide approvals, as a designated reviewer and never on one's own request.</summary>
    DecideApprovals,

    /// <summary>Deploy straight to production.</summary>
    DeployToProduction,

    /// <summary>Providers, secrets of protected environments.</summary>
    ManageSecrets,

    /// <summary>Users, roles, settings, environments, deleting models, audit export.</summary>
    Administer,

    /// <summary>Nothing but being somebody: reading who one is, the own keys.</summary>
    SignedIn,

    /// <summary>Change the own keys, password and sessions.</summary>
    ManageAccount,
}
