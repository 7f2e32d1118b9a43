using System.Text.Json;
using Slipway.Contracts;
using Slipway.Server.Platform;
using Slipway.Server.Replicas;
using Slipway.Server.Runtimes;

namespace Slipway.Server.Deployments;

/// <summary>Which lines of output to read.</summary>
/// <param name="Cursor">Lines before it, or after it with <paramref name="Forward"/>; null: from the newest.</param>
/// <param name="Level">debug, info, warning or error: this and above.</param>
internal sealed record LogFilter(int? Limit, string? Cursor, bool Forward, string? Replica, string? Level, string? Text, string? RequestId);

/// <summary>Lines as they come.</summary>
internal sealed record FollowedLog(IAsyncEnumerable<LogLine> Lines);

/// <summary>Answers questions about the replicas of a deployment and their output.</summary>
internal sealed class DeploymentReplicas(ReadDeployments deployments, IReplicaSets sets, GatewayReports reports, LiveTraffic traffic, ReplicaLogs logs)
{
    public async Task<Result<Page<ReplicaInfo>>> ListAsync(DeploymentRef which, CancellationToken cancellationToken)
    {
        var id = await deployments.IdAsync(which, cancellationToken);
        if (id.Refusal is { } refusal)
        {
            return refusal;
        }

        var revisions = await deployments.RevisionsOfSetsAsync(id.Value, cancellationToken);
        var found = sets.Current.Sets.Values.Where(s => s.DeploymentId == id.Value).SelectMany(s => s.Replicas).OrderBy(r => r.StartedAt).ThenBy(r => r.Id);
        return new Page<ReplicaInfo>([.. found.Select(r => Of(r, which, revisions))], null);
    }

    /// <returns>A page of lines, oldest first; its token leads to older lines, or with <see cref="LogFilter.Forward"/> to newer ones.</returns>
    public async Task<Result<Page<LogLine>>> LogsAsync(DeploymentRef which, LogFilter filter, CancellationToken cancellationToken)
    {
        var id = await deployments.IdAsync(which, cancellationToken);
        if (id.Refusal is { } refusal)
        {
            return refusal;
        }

        var query = Query(filter);
        if (query.Refusal is { } wrong)
        {
            return wrong;
        }

        var page = await logs.ReadAsync(id.Value, query.Value, cancellationToken);
        return new Page<LogLine>(page.Lines, filter.Forward ? page.Newer : page.Older);
    }

    /// <returns>Lines as they come, from the cursor or else from now on.</returns>
    public async Task<Result<FollowedLog>> FollowAsync(DeploymentRef which, LogFilter filter, CancellationToken cancellationToken)
    {
        var id = await deployments.IdAsync(which, cancellationToken);
        if (id.Refusal is { } refusal)
        {
            return refusal;
        }

        var query = Query(filter);
        return query.Refusal is { } wrong ? wrong : new FollowedLog(logs.FollowAsync(id.Value, query.Value, cancellationToken));
    }

    private static Result<LogQuery> Query(LogFilter filter)
    {
        if (filter.Level is { } level && !LogQuery.Levels.Contains(level))
        {
            return DeploymentRefusals.BadLogQuery("level", $"level must be one of {string.Join(", ", LogQuery.Levels)}.");
        }

        Guid? replica = null;
        if (filter.Replica is { } text)
        {
            if (!Guid.TryParse(text, out var id))
            {
                return DeploymentRefusals.BadLogQuery("replica", "replica must be the id of a replica.");
            }

            replica = id;
        }

        if (filter.Limit is < 1 or > 5000)
        {
            return DeploymentRefusals.BadLogQuery("limit", "limit must be between 1 and 5000.");
        }

        return new LogQuery(filter.Limit ?? 500, filter.Cursor, filter.Forward, filter.Level, replica, filter.Text, filter.RequestId);
    }

    private ReplicaInfo Of(ReplicaStatus replica, DeploymentRef which, IReadOnlyDictionary<string, int> revisions)
    {
        var load = reports.LoadOf(replica.Id);
        var minute = traffic.OfReplica(replica.Id);
        return new ReplicaInfo(
            replica.Id.ToString(), which.Name, which.Environment, replica.SetHash, revisions.TryGetValue(replica.SetHash, out var number) ? number : null,
            JsonNamingPolicy.SnakeCaseLower.ConvertName(replica.State.ToString()), replica.Pid, replica.StartTimeTicks, replica.Hosted ? null : replica.Socket, replica.StartedAt, replica.ReadyAt,
            replica.Restarts, replica.LastExit?.Reason, replica.LastExit?.Detail, replica.ResidentBytes, load?.InFlight ?? replica.InFlight,
            replica.Requests, replica.Limits, replica.LogPath, (replica.Hosted ? Placement.Gateway : Placement.Replica).ToWire(),
            reports.Latest?.Ejected.Contains(replica.Id) ?? false, replica.CpuCores, minute?.RequestsPerSecond, minute?.ErrorRate, minute?.QuantileMs(0.95),
            replica.GpuPercent);
    }
}

/// <summary>Sends lines as server-sent events: <c>event: line</c>, <c>id</c> the cursor, <c>data</c> a <see cref="LogLine"/>; a comment when there is nothing for a while.</summary>
internal sealed class LogStream(IAsyncEnumerable<LogLine> lines, CancellationToken stopping) : IResult
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-store";
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(httpContext.RequestAborted, stopping);
        var reader = lines.GetAsyncEnumerator(ending.Token);
        var next = reader.MoveNextAsync().AsTask();
        try
        {
            await response.WriteAsync(": open\n\n", ending.Token);
            await response.Body.FlushAsync(ending.Token);
            while (true)
            {
                if (await Task.WhenAny(next, Task.Delay(Heartbeat, ending.Token)) != next)
                {
                    ending.Token.ThrowIfCancellationRequested();
                    await response.WriteAsync(": still here\n\n", ending.Token);
                }
                else if (await next)
                {
                    var json = JsonSerializer.Serialize(reader.Current, ContractsJson.Default.LogLine);
                    next = reader.MoveNextAsync().AsTask();
                    await response.WriteAsync($"event: line\ndata: {json}\n\n", ending.Token);
                    if (next.IsCompleted)
                    {
                        continue;
                    }
                }
                else
                {
                    return;
                }

                await response.Body.FlushAsync(ending.Token);
            }
        }
        catch (OperationCanceledException)
        {
        }
        finally
        {
            await ending.CancelAsync();
            await next.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            await reader.DisposeAsync();
        }
    }
}
