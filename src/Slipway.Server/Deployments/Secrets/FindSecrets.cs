using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Deployments.Environments;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments.Secrets;

/// <summary>Answers questions about secrets; there is none about a value.</summary>
internal sealed class FindSecrets(Database database, SecretUse use)
{
    /// <returns>All of an environment by name, or <c>environment_not_found</c>.</returns>
    public async Task<Result<Page<SecretInfo>>> ListAsync(string environment, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        if (await EnvironmentOrder.There(db).SingleOrDefaultAsync(e => e.Name == environment, cancellationToken) is not { } home)
        {
            return EnvironmentRefusals.NotFound(environment);
        }

        var used = await use.ReadAsync(db, home.Id, cancellationToken);
        var rows = await db.Set<EnvironmentSecret>().AsNoTracking().Where(s => s.EnvironmentId == home.Id).OrderBy(s => s.Name)
            .Select(s => new { s.Name, s.Version, s.CreatedBy, s.UpdatedBy, s.CreatedAt, s.UpdatedAt }).ToListAsync(cancellationToken);
        return new Page<SecretInfo>(
            [.. rows.Select(s => new SecretInfo(s.Name, home.Name, s.Version, [.. used[s.Name]], s.CreatedBy, s.CreatedAt, s.UpdatedBy, s.UpdatedAt, Etag.Of(s.Version)))], null);
    }

    /// <returns>One of them, <c>environment_not_found</c> or <c>secret_not_found</c>.</returns>
    public async Task<Result<SecretInfo>> OneAsync(string environment, string name, CancellationToken cancellationToken)
    {
        var all = await ListAsync(environment, cancellationToken);
        return all.Refusal is { } refusal ? refusal
            : all.Value.Items.FirstOrDefault(s => s.Name == name) is { } found ? found : SecretRefusals.NotFound(name, environment);
    }
}
