using Slipway.Contracts;

namespace Slipway.Server.Deployments;

/// <summary>Fields that a form may show beside the settings and that no edit changes: refused with what to do instead.</summary>
internal static class FixedFields
{
    public static void Check(DeploymentFields fields, UpdateDeploymentRequest request)
    {
        if (request.Name is not null)
        {
            fields.Wrong("name", "A deployment's name is its address and never changes; create another deployment, or change its title.");
        }

        if (request.Model is not null || request.Version is not null)
        {
            const string Instead = "An edit does not change what runs; update the deployment to another version: POST …/revisions.";
            fields.Wrong(request.Model is not null ? "model" : "version", Instead);
        }

        if (request.CpuCores is not null || request.MemoryMib is not null)
        {
            fields.Wrong(
                request.CpuCores is not null ? "cpu_cores" : "memory_mib", "CPU and memory need a restart, so a change of them is a new revision that is rolled out: POST …/revisions.");
        }
    }
}
