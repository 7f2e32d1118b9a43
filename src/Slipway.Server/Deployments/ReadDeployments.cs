using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Deployments.Following;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments;

/// <summary>Filters of the list of deployments. Null: all.</summary>
/// <param name="Query">Part of the name or title, any case.</param>
/// <param name="Status">A <see cref="StatusWord"/> as the wire writes it.</param>
/// <param name="Label"><c>key</c> or <c>key:value</c> that the deployment carries, or its live revision, or before there is one the revision that is on its way.</param>
internal sealed record DeploymentFilter(string? Environment, string? Query, string? Status, string? Label);

/// <summary>Answers all questions about deployments.</summary>
internal sealed class ReadDeployments(Database database, DesiredState desired, DeploymentInfos infos, IRollouts rollouts, IReplicaSets sets, RoutesInForce routes)
{
    /// <returns>A page in the order of environment and name, <c>unknown_status</c> or <c>bad_page_token</c>.</returns>
    public async Task<Result<Page<DeploymentInfo>>> ListAsync(
        DeploymentFilter filter, PageQuery query, Uri host, CancellationToken cancellationToken)
    {
        StatusWord? word = null;
        if (filter.Status is { } status && (word = StatusWords.Parse(status)) is null)
        {
            return DeploymentRefusals.UnknownStatus(status);
        }

        Key? after = null;
        if (query.After is { } token && (after = Key.Parse(token)) is null)
        {
            return PageQuery.TokenInvalid;
        }

        // The status is derived, so pages of rows are read until enough of them match.
        var page = new List<DesiredDeployment>();
        await using var db = await database.SnapshotAsync(cancellationToken);
        while (page.Count <= query.Limit)
        {
            var rows = await Rows(db, filter, after).Take(query.Limit + 1).ToListAsync(cancellationToken);
            var complete = await desired.CompleteAsync(db, rows, cancellationToken);
            page.AddRange(complete.Where(d => Matches(d, word, filter)));
            if (rows.Count <= query.Limit)
            {
                break;
            }

            after = Key.Of(rows[^1]);
        }

        var more = page.Count > query.Limit;
        var items = page.Take(query.Limit).ToList();
        return new Page<DeploymentInfo>(await InfosAsync(db, items, host, cancellationToken), more ? PageQuery.Encode(Key.Of(items[^1].Deployment).ToString()) : null);
    }

    public async Task<Result<DeploymentInfo>> GetAsync(DeploymentRef which, Uri host, CancellationToken cancellationToken)
    {
        var info = await OneAsync(db => FindAsync(db, which, cancellationToken), host, cancellationToken);
        return info is null ? DeploymentRefusals.NotFound(which.Environment, which.Name) : info;
    }

    public async Task<DeploymentInfo> GetAsync(Guid id, Uri host, CancellationToken cancellationToken) => (await OneAsync(
        async db => await db.Set<Deployment>().IgnoreQueryFilters().Include(d => d.Environment).SingleAsync(d => d.Id == id, cancellationToken), host, cancellationToken))!;

    /// <param name="wasLive">Only those that are or were live, or are on their way.</param>
    /// <returns>Revisions, newest first.</returns>
    public async Task<Result<Page<RevisionInfo>>> RevisionsAsync(DeploymentRef which, bool wasLive, PageQuery query, CancellationToken cancellationToken)
    {
        var below = int.MaxValue;
        if (query.After is { } token && !int.TryParse(token, CultureInfo.InvariantCulture, out below))
        {
            return PageQuery.TokenInvalid;
        }

        await using var db = await database.SnapshotAsync(cancellationToken);
        var found = await FindAsync(db, which, cancellationToken);
        if (found is null)
        {
            return DeploymentRefusals.NotFound(which.Environment, which.Name);
        }

        var ledger = await rollouts.LedgerAsync(db, found.Id, cancellationToken);
        var live = ledger.Where(r => r.Succeeded || r.UnderWay).Select(r => r.ToRevisionId).ToHashSet();
        var revisions = await db.Set<Revision>().Include(r => r.Variants).Where(r => r.DeploymentId == found.Id && r.Number < below && (!wasLive || live.Contains(r.Id)))
            .OrderByDescending(r => r.Number).Take(query.Limit + 1).ToListAsync(cancellationToken);
        return query.Of(revisions, r => r.Number.ToString(CultureInfo.InvariantCulture), r => DeploymentInfos.Of(r, found.LiveRevisionId, ledger));
    }

    public async Task<Result<RevisionInfo>> RevisionAsync(DeploymentRef which, int number, CancellationToken cancellationToken)
    {
        await using var db = await database.SnapshotAsync(cancellationToken);
        var found = await FindAsync(db, which, cancellationToken);
        if (found is null)
        {
            return DeploymentRefusals.NotFound(which.Environment, which.Name);
        }

        return await db.Set<Revision>().Include(r => r.Variants).SingleOrDefaultAsync(r => r.DeploymentId == found.Id && r.Number == number, cancellationToken) is { } revision
            ? DeploymentInfos.Of(revision, found.LiveRevisionId, await rollouts.LedgerAsync(db, found.Id, cancellationToken))
            : DeploymentRefusals.RevisionNotFound(number);
    }

    /// <summary>The rollout that was started last; each deployment has one from the start.</summary>
    public async Task<RolloutInfo> LatestRolloutAsync(Guid deploymentId, CancellationToken cancellationToken)
    {
        await using var db = await database.SnapshotAsync(cancellationToken);
        var id = (await rollouts.LatestAsync(db, [deploymentId], cancellationToken))[deploymentId].Id;
        return (await rollouts.InfosAsync(db, [id], cancellationToken))[id];
    }

    /// <summary>The rollout that made live what is live.</summary>
    public async Task<RolloutInfo> LiveRolloutAsync(Guid deploymentId, CancellationToken cancellationToken)
    {
        await using var db = await database.SnapshotAsync(cancellationToken);
        var live = await db.Set<Deployment>().Where(d => d.Id == deploymentId).Select(d => d.LiveRevisionId).SingleAsync(cancellationToken);
        var ledger = await rollouts.LedgerAsync(db, deploymentId, cancellationToken);
        var id = (ledger.LastOrDefault(r => r.ToRevisionId == live && r.Succeeded) ?? ledger[^1]).Id;
        return (await rollouts.InfosAsync(db, [id], cancellationToken))[id];
    }

    /// <summary>The deployment's id, for others that answer questions about it.</summary>
    public async Task<Result<Guid>> IdAsync(DeploymentRef which, CancellationToken cancellationToken)
    {
        await using var db = await database.SnapshotAsync(cancellationToken);
        var found = await FindAsync(db, which, cancellationToken);
        return found is null ? DeploymentRefusals.NotFound(which.Environment, which.Name) : found.Id;
    }

    /// <summary>Environment and name of a deployment.</summary>
    public async Task<DeploymentRef> WhereAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var db = await database.SnapshotAsync(cancellationToken);
        return await db.Set<Deployment>().Where(d => d.Id == id).Select(d => new DeploymentRef(d.Environment.Name, d.Name, null)).SingleAsync(cancellationToken);
    }

    /// <summary>Which revision uses each replica set of a deployment: the newest that does.</summary>
    public async Task<IReadOnlyDictionary<string, int>> RevisionsOfSetsAsync(Guid deploymentId, CancellationToken cancellationToken)
    {
        await using var db = await database.SnapshotAsync(cancellationToken);
        var rows = await db.Set<Variant>().Where(v => v.ReplicaSetHash != null)
            .Join(db.Set<Revision>().Where(r => r.DeploymentId == deploymentId), v => v.RevisionId, r => r.Id, (v, r) => new { Hash = v.ReplicaSetHash!, r.Number })
            .ToListAsync(cancellationToken);
        return rows.GroupBy(r => r.Hash, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Max(r => r.Number), StringComparer.Ordinal);
    }

    private static Task<Deployment?> FindAsync(SlipwayDbContext db, DeploymentRef which, CancellationToken cancellationToken) => db.Set<Deployment>()
        .Include(d => d.Environment).SingleOrDefaultAsync(d => d.Environment.Name == which.Environment && d.Name == which.Name, cancellationToken);

    private static IQueryable<Deployment> Rows(SlipwayDbContext db, DeploymentFilter filter, Key? after)
    {
        IQueryable<Deployment> rows = db.Set<Deployment>().Include(d => d.Environment);
        if (filter.Environment is { } environment)
        {
            rows = rows.Where(d => d.Environment.Name == environment);
        }

        if (after is { } key)
        {
            rows = rows.Where(d => d.Environment.Order > key.Order || (d.Environment.Order == key.Order && string.Compare(d.Name, key.Name) > 0));
        }

        return rows.OrderBy(d => d.Environment.Order).ThenBy(d => d.Name);
    }

    private bool Matches(DesiredDeployment candidate, StatusWord? word, DeploymentFilter filter)
    {
        var deployment = candidate.Deployment;
        if (filter.Query is { Length: > 0 } query
            && !deployment.Name.Contains(query, StringComparison.OrdinalIgnoreCase)
            && deployment.Title?.Contains(query, StringComparison.OrdinalIgnoreCase) != true)
        {
            return false;
        }

        if (filter.Label is { Length: > 0 } label)
        {
            var parts = label.Split(':', 2);
            var carried = new[] { deployment.Labels, (candidate.Live ?? candidate.Target)?.Labels };
            if (!carried.Any(labels => labels?.TryGetValue(parts[0], out var value) == true && (parts.Length == 1 || value == parts[1])))
            {
                return false;
            }
        }

        return word is null || DeploymentInfos.StandingOf(candidate, sets.Current).Word == word;
    }

    private async Task<DeploymentInfo?> OneAsync(Func<SlipwayDbContext, Task<Deployment?>> find, Uri host, CancellationToken cancellationToken)
    {
        DesiredDeployment complete;
        DeploymentInfo info;
        await using (var db = await database.SnapshotAsync(cancellationToken))
        {
            if (await find(db) is not { } found)
            {
                return null;
            }

            complete = (await desired.CompleteAsync(db, [found], cancellationToken))[0];
            info = (await InfosAsync(db, [complete], host, cancellationToken))[0];
        }

        await routes.CatchUpAsync(complete, cancellationToken);
        return info;
    }

    private async Task<IReadOnlyList<DeploymentInfo>> InfosAsync(
        SlipwayDbContext db, IReadOnlyList<DesiredDeployment> found, Uri host, CancellationToken cancellationToken)
    {
        var underWay = found.Select(d => d.Rollout).OfType<RolloutTraffic>().Where(r => r.UnderWay).Select(r => r.Id).ToList();
        var details = await rollouts.InfosAsync(db, underWay, cancellationToken);
        var shown = new List<DeploymentInfo>();
        foreach (var one in found)
        {
            shown.Add(infos.Of(one, one.Rollout is { } rollout ? details.GetValueOrDefault(rollout.Id) : null, host) with { Following = await FollowingInfos.OfAsync(db, one, cancellationToken) });
        }

        return shown;
    }

    /// <summary>Where a page ended: environment's order and deployment's name.</summary>
    private sealed record Key(int Order, string Name)
    {
        public static Key Of(Deployment deployment) => new(deployment.Environment.Order, deployment.Name);

        public static Key? Parse(string text) =>
            text.Split(' ') is [var order, var name] && int.TryParse(order, CultureInfo.InvariantCulture, out var number) ? new Key(number, name) : null;

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Order} {Name}");
    }
}
