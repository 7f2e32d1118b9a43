using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Slipway.Contracts;
using Slipway.Server.Platform;
using Slipway.Server.Registry;
using Slipway.Server.Runtimes;

namespace Slipway.Server.Packages;

internal enum BuildStatus
{
    Queued,
    Running,
    Ready,
    Failed,
}

/// <summary>How a build stands.</summary>
/// <param name="Launch">What starting the model needs; null until it is ready.</param>
/// <param name="Error">Names the requirement or step that failed; null unless it did.</param>
internal sealed record BuildState(Guid BuildId, BuildStatus Status, RuntimeLaunch? Launch, string? Error);

/// <summary>A version made runnable on one base image. Once ready it never changes; a rebuild is another one.</summary>
internal sealed class PackageBuild
{
    public Guid Id { get; init; }

    public Guid VersionId { get; init; }

    public required string BaseImage { get; init; }

    /// <summary>1, and one more with each rebuild of the version on the base image: its requirements are resolved anew.</summary>
    public int Number { get; init; } = 1;

    public BuildStatus Status { get; private set; }

    /// <summary>One <c>name==version</c> a line; null until resolved.</summary>
    public string? Lock { get; private set; }

    /// <summary>The <see cref="RuntimeLaunch"/> as JSON.</summary>
    public string? Launch { get; private set; }

    public string? Error { get; private set; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; private set; }

    public BuildState State => new(
        Id, Status, Launch is null ? null : System.Text.Json.JsonSerializer.Deserialize(Launch, PackagesJson.Default.RuntimeLaunch), Error);

    public BuildInfo Info => new(Id.ToString(), BaseImage, $"{Status}".ToLowerInvariant(), Lock, Error, CreatedAt, FinishedAt, Number);

    public void Start() => Status = BuildStatus.Running;

    /// <param name="resolved">As the tool wrote it.</param>
    public void Resolve(string resolved) => Lock = StorableText.Of(resolved);

    public void Finish(RuntimeLaunch launch, DateTimeOffset now)
    {
        (Status, Error, FinishedAt) = (BuildStatus.Ready, null, now);
        Launch = System.Text.Json.JsonSerializer.Serialize(launch, PackagesJson.Default.RuntimeLaunch);
    }

    /// <param name="error">May have words of a tool or of the package.</param>
    public void Fail(string error, DateTimeOffset now) => (Status, Error, FinishedAt) = (BuildStatus.Failed, StorableText.Of(error), now);

    /// <summary>A failed build never became anything, so it may be tried again; a ready one only to make its folders anew from its lock.</summary>
    public void Requeue() => (Status, Error, FinishedAt) = (BuildStatus.Queued, null, null);
}

internal sealed class PackageBuildTable : IEntityTypeConfiguration<PackageBuild>
{
    public void Configure(EntityTypeBuilder<PackageBuild> builder)
    {
        builder.ToTable("PackageBuilds").HasKey(b => b.Id);
        builder.Property(b => b.Id).ValueGeneratedNever();
        builder.Property(b => b.Status).HasConversion<string>().HasMaxLength(16);
        builder.Property(b => b.Number).HasDefaultValue(1);
        builder.HasIndex(b => new { b.VersionId, b.BaseImage, b.Number }).IsUnique();
        builder.HasIndex(b => b.Status);
        builder.Ignore(b => b.State);
        builder.Ignore(b => b.Info);
        builder.HasOne<ModelVersion>().WithMany().HasForeignKey(b => b.VersionId).OnDelete(DeleteBehavior.Cascade);
    }
}
