using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Slipway.Server.Platform;
using Slipway.Server.Replicas;

namespace Slipway.Server.Deployments.Secrets;

/// <summary>Opens values for a process that is about to start: the only place that does.</summary>
internal sealed class OpenSecrets(Database database, ISecretSeal seal) : IReplicaSecrets
{
    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<string, string>> OpenAsync(ReplicaSetSpec spec, CancellationToken cancellationToken)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        if (spec.Secrets.Count == 0)
        {
            return values;
        }

        await using var db = database.Read();
        var home = await db.Set<Deployment>().IgnoreQueryFilters().Where(d => d.Id == spec.DeploymentId).Select(d => d.EnvironmentId).SingleAsync(cancellationToken);
        foreach (var secret in await db.Set<EnvironmentSecret>().AsNoTracking().Where(s => s.EnvironmentId == home && spec.Secrets.Contains(s.Name)).ToListAsync(cancellationToken))
        {
            try
            {
                values[secret.Name] = Encoding.UTF8.GetString(seal.Open(secret.Value, secret.Bound));
            }
            catch (CryptographicException)
            {
                throw new ReplicaStartException($"The secret {secret.Name} of {spec.Environment} was damaged and does not open; set it again.");
            }
        }

        return spec.Secrets.Except(values.Keys, StringComparer.Ordinal).ToList() is { Count: > 0 } missing
            ? throw new ReplicaStartException($"{spec.Environment} has no secret {string.Join(", ", missing)}, which the model uses; set it there.")
            : values;
    }
}
