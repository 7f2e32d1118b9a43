using System.Buffers.Binary;
using Microsoft.Extensions.Options;
using Slipway.Server.History.Store;
using Slipway.Server.Platform;

namespace Slipway.Server.History;

/// <summary>Which partitions go. Whole ones, oldest first; the one that takes new predictions stays.</summary>
internal static class RetentionDecision
{
    /// <param name="partitions">Oldest first.</param>
    /// <param name="mayGoTo">Sequence up to which all is counted by the aggregates.</param>
    /// <returns>What to drop and why: <c>age</c> or <c>size</c>.</returns>
    public static IReadOnlyList<(Partition Partition, string Reason)> Drop(
        IReadOnlyList<Partition> partitions, TimeSpan age, long bytes, long mayGoTo, DateTimeOffset now)
    {
        var dropped = new List<(Partition, string)>();
        var total = partitions.Sum(p => p.Bytes);
        foreach (var partition in partitions.SkipLast(1).TakeWhile(p => p.LastSequence <= mayGoTo))
        {
            var reason = partition.LastId is { } last && InstantOf(last) < now - age ? "age" : total > bytes ? "size" : null;
            if (reason is null)
            {
                break;
            }

            dropped.Add((partition, reason));
            total -= partition.Bytes;
        }

        return dropped;
    }

    /// <summary>The instant that a UUIDv7 begins with.</summary>
    public static DateTimeOffset InstantOf(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return DateTimeOffset.FromUnixTimeMilliseconds(Math.Min((long)(BinaryPrimitives.ReadUInt64BigEndian(bytes) >> 16), 253_402_300_799_999));
    }
}

/// <summary>Answered by who still has to read stored predictions by sequence: they are not dropped before.</summary>
internal interface IStoredPredictionUse
{
    /// <summary>All up to this sequence is no longer needed.</summary>
    long DoneTo { get; }
}

/// <summary>Drops old partitions at a pace.</summary>
internal sealed partial class Retention(
    IPredictionStore store, IEnumerable<IStoredPredictionUse> uses, IOptions<HistoryOptions> options, TimeProvider time, ILogger<Retention> logger) : HostedLoop
{
    /// <summary>One pass.</summary>
    public async Task PurgeAsync(CancellationToken cancellationToken)
    {
        var mayGoTo = uses.Select(u => u.DoneTo).DefaultIfEmpty(long.MaxValue).Min();
        var drop = RetentionDecision.Drop(store.Partitions, options.Value.RetentionAge, options.Value.RetentionBytes, mayGoTo, time.GetUtcNow());
        foreach (var (partition, reason) in drop)
        {
            await store.DropAsync(partition, cancellationToken);
            LogDropped(partition.Number, partition.Day, partition.Rows, partition.Bytes, reason);
        }
    }

    protected override async Task LoopAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.RetentionInterval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await PurgeAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                LogFailed(exception);
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "History partition {Number} of {Day} dropped: {Rows} predictions, {Bytes} bytes, because of {Reason}")]
    private partial void LogDropped(long number, DateOnly day, long rows, long bytes, string reason);

    [LoggerMessage(LogLevel.Error, "Purging history failed; next try at the next tick")]
    private partial void LogFailed(Exception exception);
}
