using Slipway.Server.Approvals;

namespace Slipway.Server.Deployments.Approving;

/// <summary>The services of this folder; its routes are those of the operations that the gate stops, and those of Approvals.</summary>
internal static class ApprovingFeature
{
    public static void AddApproving(this IServiceCollection services)
    {
        services.AddSingleton<AskForApproval>();
        services.AddSingleton<IApprovalSubject, DeploymentApproval>();
    }
}
