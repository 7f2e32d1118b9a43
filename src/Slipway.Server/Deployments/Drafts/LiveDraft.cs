using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Slipway.Server.Deployments.Drafts;

/// <summary>Where the newest files of a draft have come to.</summary>
internal enum DraftOutcome
{
    /// <summary>They answer.</summary>
    Applied,

    /// <summary>They do not import or load; the files before go on answering.</summary>
    Failed,

    /// <summary>No replica runs: the next one loads them.</summary>
    Stored,

    /// <summary>A replica is starting, or the answer of one was lost.</summary>
    Pending,
}

/// <summary>
/// The draft of a deployment in live mode: which files are newest, and which answer. A row belongs to one live revision; when another one is live the draft begins anew from that,
/// without a row.
/// </summary>
internal sealed class LiveDraft
{
    /// <summary>Digits of a hash in a name.</summary>
    public const int NameDigits = 12;

    public Guid DeploymentId { get; init; }

    /// <summary>The live revision that it began from.</summary>
    public Guid RevisionId { get; set; }

    /// <summary>Digest of that revision's version.</summary>
    public required string BaseHash { get; set; }

    /// <summary>Digest of the newest files.</summary>
    public required string Hash { get; set; }

    /// <summary>Digest of the files that answer.</summary>
    public required string RunningHash { get; set; }

    /// <summary>Digest of the files that were loaded last: what was loaded may read on in their folder.</summary>
    public required string LoadedHash { get; set; }

    public DraftOutcome Outcome { get; set; }

    public bool? KeptState { get; set; }

    public string? ErrorCode { get; set; }

    public string? ErrorMessage { get; set; }

    public string? Traceback { get; set; }

    /// <summary>Paths of the last patch, in order.</summary>
    public List<string> LastChanged { get; set; } = [];

    public DateTimeOffset PatchedAt { get; set; }

    public required string PatchedBy { get; set; }

    public double? AppliedMs { get; set; }

    /// <summary><c>draft@</c> and the first digits of what answers.</summary>
    public string Name => NameOf(RunningHash);

    /// <summary>Nothing more is tried with the newest files.</summary>
    public bool IsSettled => Outcome == DraftOutcome.Failed || (Outcome == DraftOutcome.Applied && RunningHash == Hash);

    public IReadOnlyCollection<string> Needed => new HashSet<string>(StringComparer.Ordinal) { Hash, RunningHash, LoadedHash };

    public static string NameOf(string hash) => $"draft@{hash[..Math.Min(NameDigits, hash.Length)]}";

    public static LiveDraft Begin(Guid deployment, Guid revision, string digest, string by, DateTimeOffset now) => new()
    {
        DeploymentId = deployment, RevisionId = revision, BaseHash = digest, Hash = digest, RunningHash = digest, LoadedHash = digest, PatchedAt = now, PatchedBy = by,
    };

    /// <summary>Begins anew from another revision.</summary>
    public void Rebase(Guid revision, string digest)
    {
        (RevisionId, BaseHash, Hash, RunningHash, LoadedHash) = (revision, digest, digest, digest, digest);
        (Outcome, KeptState, ErrorCode, ErrorMessage, Traceback, AppliedMs, LastChanged) = (DraftOutcome.Applied, null, null, null, null, null, []);
    }

    public void Patched(string hash, IReadOnlyList<string> changed, string by, DateTimeOffset now)
    {
        (Hash, PatchedBy, PatchedAt, LastChanged) = (hash, by, now, [.. changed.Take(100)]);
        Outcome = hash == RunningHash ? DraftOutcome.Applied : DraftOutcome.Pending;
        (KeptState, ErrorCode, ErrorMessage, Traceback, AppliedMs) = (null, null, null, null, null);
    }

    /// <summary>What became of <paramref name="hash"/>; nothing is said of it any more when a newer patch has come meanwhile, but what runs is what runs.</summary>
    public void Became(string hash, DraftResult result)
    {
        if (result.Outcome is DraftOutcome.Applied or DraftOutcome.Stored)
        {
            RunningHash = hash;
            LoadedHash = result.KeptState == true ? LoadedHash : hash;
        }

        if (Hash == hash)
        {
            (Outcome, KeptState, AppliedMs) = (result.Outcome, result.KeptState, result.Ms);
            (ErrorCode, ErrorMessage, Traceback) = (result.Code, result.Message, result.Traceback);
        }
    }
}

/// <summary>What a replica made of the newest files.</summary>
internal sealed record DraftResult(
    DraftOutcome Outcome, bool? KeptState = null, string? Code = null, string? Message = null, string? Traceback = null, double? Ms = null);

internal sealed class LiveDraftTable : IEntityTypeConfiguration<LiveDraft>
{
    public void Configure(EntityTypeBuilder<LiveDraft> builder)
    {
        builder.ToTable("LiveDrafts").HasKey(d => d.DeploymentId);
        builder.Property(d => d.DeploymentId).ValueGeneratedNever();
        builder.Property(d => d.BaseHash).HasMaxLength(64);
        builder.Property(d => d.Hash).HasMaxLength(64);
        builder.Property(d => d.RunningHash).HasMaxLength(64);
        builder.Property(d => d.LoadedHash).HasMaxLength(64);
        builder.Property(d => d.Outcome).HasConversion<string>().HasMaxLength(16);
        builder.Property(d => d.LastChanged).HasConversion<NamesConverter, NamesComparer>();
        builder.Ignore(d => d.Name).Ignore(d => d.IsSettled).Ignore(d => d.Needed);
        builder.HasOne<Deployment>().WithMany().HasForeignKey(d => d.DeploymentId).OnDelete(DeleteBehavior.Cascade);
    }
}
