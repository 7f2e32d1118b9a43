using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Slipway.Server.Platform;

/// <summary>A number that rises with each start of a server on this database. Replicas refuse a server of an older epoch than they have seen, and so does a PostgreSQL database (<see cref="Writes.FenceAt"/>).</summary>
internal sealed class ServerEpoch(Writes writes) : IHostedService
{
    /// <summary>1 or more once the host has started; 0 before.</summary>
    public long Current { get; private set; }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var epoch = await writes.RunAsync<long>(
            async (db, token) =>
            {
                var row = await db.Set<ServerEpochRow>().SingleOrDefaultAsync(token);
                if (row is null)
                {
                    db.Add(row = new ServerEpochRow { Id = 1 });
                }

                return ++row.Epoch;
            },
            cancellationToken);
        Current = epoch.Value;
        writes.FenceAt(Current);
    }

    /// <summary>What is stored now; 0: no server has started yet. In the connection's transaction, if it has one.</summary>
    public static async Task<long> StoredAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT epoch FROM server_epoch";
        return await command.ExecuteScalarAsync(cancellationToken) as long? ?? 0;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>The one row.</summary>
internal sealed class ServerEpochRow
{
    public int Id { get; set; }

    public long Epoch { get; set; }
}

internal sealed class ServerEpochTable : IEntityTypeConfiguration<ServerEpochRow>
{
    public void Configure(EntityTypeBuilder<ServerEpochRow> builder)
    {
        builder.ToTable("ServerEpoch").HasKey(e => e.Id);
        builder.Property(e => e.Id).ValueGeneratedNever();
    }
}
