using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Slipway.Server.Replicas;

/// <summary>Desired state of one replica set.</summary>
internal sealed class ReplicaSetRow
{
    public Guid Id { get; set; }

    public Guid DeploymentId { get; set; }

    public required string Hash { get; set; }

    /// <summary><see cref="ReplicaSetSpec"/> as JSON.</summary>
    public required string Spec { get; set; }

    public int Desired { get; set; }

    /// <summary>The set goes when its last replica has ended.</summary>
    public bool Removing { get; set; }

    /// <summary>Replicas made before this moment are replaced, one by one.</summary>
    public DateTimeOffset? ReplaceBefore { get; set; }

    /// <summary>The <see cref="ReplicaSetSpec.SecretsDigest"/> that replicas made after <see cref="ReplaceBefore"/> have; null: no secrets.</summary>
    public string? SecretsDigest { get; set; }

    /// <summary>Starts in a row that never became ready.</summary>
    public int ConsecutiveFailures { get; set; }

    /// <summary><see cref="ReplicaExit"/> as JSON, of the replica that ended last.</summary>
    public string? LastExit { get; set; }

    /// <summary>The operating-system user of the deployment; used where the machine and the folders allow it.</summary>
    public int UserId { get; set; }

    public DateTimeOffset CreatedAt { get; set; }
}

/// <summary>One replica. Written before anything is started, so that whatever runs is known here.</summary>
internal sealed class ReplicaRow
{
    public Guid Id { get; set; }

    public Guid SetId { get; set; }

    public ReplicaState State { get; set; }

    /// <summary>Starts after the first.</summary>
    public int Restarts { get; set; }

    /// <summary>Name of the folder of this start, below <see cref="ReplicaFolders.Root"/>; each start has a new one.</summary>
    public required string Folder { get; set; }

    public required string Token { get; set; }

    /// <summary>Null: the process is not known yet; there may be one in <see cref="Folder"/>.</summary>
    public int? Pid { get; set; }

    public long? StartTimeTicks { get; set; }

    /// <summary>The user it runs as; null: the server's own.</summary>
    public int? UserId { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset StartedAt { get; set; }

    public DateTimeOffset? ReadyAt { get; set; }

    public DateTimeOffset? DrainingSince { get; set; }

    /// <summary>When a replica that backs off starts again.</summary>
    public DateTimeOffset? RetryAt { get; set; }

    /// <summary>Failures in a row, for the back-off.</summary>
    public int Failures { get; set; }

    /// <summary>Why the server kills or has killed this process; stored before the signal.</summary>
    public string? KillReason { get; set; }

    /// <summary><see cref="ReplicaExit"/> as JSON.</summary>
    public string? LastExit { get; set; }

    /// <summary>Indexes of the GPUs that it has, with commas; null: none.</summary>
    public string? Gpus { get; set; }

    public int Concurrency { get; set; } = 1;

    public bool Batch { get; set; }

    public int MaxBatch { get; set; } = 1;
}

/// <summary>One warm parent: the process that has a Python environment imported and forks replicas.</summary>
internal sealed class WarmParentRow
{
    /// <summary>Digest over interpreter, folders, imports, runner and user.</summary>
    public required string Key { get; set; }

    public required string Folder { get; set; }

    public required string Token { get; set; }

    public int? Pid { get; set; }

    public long? StartTimeTicks { get; set; }

    public int? UserId { get; set; }

    public DateTimeOffset StartedAt { get; set; }
}

internal sealed class ReplicaSetTable : IEntityTypeConfiguration<ReplicaSetRow>
{
    public void Configure(EntityTypeBuilder<ReplicaSetRow> builder)
    {
        builder.ToTable("ReplicaSets").HasKey(s => s.Id);
        builder.HasIndex(s => new { s.DeploymentId, s.Hash }).IsUnique();
    }
}

internal sealed class ReplicaTable : IEntityTypeConfiguration<ReplicaRow>
{
    public void Configure(EntityTypeBuilder<ReplicaRow> builder)
    {
        builder.ToTable("Replicas").HasKey(r => r.Id);
        builder.Property(r => r.State).HasConversion<string>();
        builder.HasOne<ReplicaSetRow>().WithMany().HasForeignKey(r => r.SetId);
    }
}

internal sealed class WarmParentTable : IEntityTypeConfiguration<WarmParentRow>
{
    public void Configure(EntityTypeBuilder<WarmParentRow> builder) => builder.ToTable("WarmParents").HasKey(p => p.Key);
}
