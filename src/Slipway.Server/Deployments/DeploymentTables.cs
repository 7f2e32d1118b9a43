using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using Slipway.Contracts;
using Slipway.Server.Deployments.Following;
using Slipway.Server.Runtimes;

namespace Slipway.Server.Deployments;

internal sealed class DeploymentEnvironmentTable : IEntityTypeConfiguration<DeploymentEnvironment>
{
    public void Configure(EntityTypeBuilder<DeploymentEnvironment> builder)
    {
        builder.ToTable("Environments").HasKey(e => e.Id);
        builder.Property(e => e.Id).ValueGeneratedNever();
        builder.Property(e => e.Reviewers).HasConversion<NamesConverter, NamesComparer>();
        builder.Property(e => e.RequiresStage).HasConversion<string>();
        builder.Property(e => e.Scaling).HasConversion<ScalingSettingsConverter>();
        builder.Property(e => e.Promotion).HasConversion<PromotionConverter>();
        builder.Property(e => e.Edit).IsConcurrencyToken();
        builder.Ignore(e => e.IsBuiltIn).Ignore(e => e.Resource);
        builder.HasIndex(e => new { e.ProjectId, e.Name }).IsUnique().HasFilter("deleted_at IS NULL");
    }
}

/// <summary>Promotion settings are one JSON object in one column; a row from before there were any has the default.</summary>
internal sealed class PromotionConverter() : ValueConverter<PromotionSettings, string>(
    settings => JsonSerializer.Serialize(settings.ToInfo(), ContractsJson.Default.PromotionSettingsInfo),
    json => json.Length == 0 ? PromotionSettings.Default : PromotionSettings.Of(JsonSerializer.Deserialize(json, ContractsJson.Default.PromotionSettingsInfo)!));

/// <summary>Names are one JSON list in one column.</summary>
internal sealed class NamesConverter() : ValueConverter<List<string>, string>(
    names => JsonSerializer.Serialize(names, ContractsJson.Default.ListString),
    json => json.Length == 0 ? new List<string>() : JsonSerializer.Deserialize(json, ContractsJson.Default.ListString) ?? new List<string>());

internal sealed class NamesComparer() : ValueComparer<List<string>>(
    (left, right) => left!.SequenceEqual(right!), names => names.Count, names => new List<string>(names));

internal sealed class DeploymentTable : IEntityTypeConfiguration<Deployment>
{
    public void Configure(EntityTypeBuilder<Deployment> builder)
    {
        builder.ToTable("Deployments").HasKey(d => d.Id);
        builder.Property(d => d.Id).ValueGeneratedNever();
        builder.Property(d => d.Name).HasMaxLength(128);
        builder.Property(d => d.Kind).HasConversion<string>();
        builder.Property(d => d.Mode).HasConversion<string>().HasMaxLength(16).HasDefaultValue(DeploymentMode.Standard);
        builder.Property(d => d.LoadBalancing).HasConversion<string>();
        builder.Property(d => d.Strategy).HasConversion<string>().HasMaxLength(16);
        builder.Property(d => d.State).HasConversion<string>();
        builder.Property(d => d.Status).HasConversion<string>();
        builder.Property(d => d.Labels).HasConversion<LabelsConverter, LabelsComparer>();
        builder.Property(d => d.Scaling).HasConversion<ScalingSettingsConverter>().HasDefaultValue(ScalingSettings.Default);
        builder.Property(d => d.Balancer).HasConversion<BalancerSettingsConverter>().HasDefaultValue(BalancerSettings.Default);
        builder.Property(d => d.Health).HasConversion<HealthSettingsConverter>().HasDefaultValue(HealthSettings.Default);
        builder.Property(d => d.Following).HasConversion<FollowedNameConverter>();
        builder.Property(d => d.Edit).IsConcurrencyToken();
        builder.Ignore(d => d.Resource).Ignore(d => d.Path);
        builder.HasOne(d => d.Environment).WithMany().HasForeignKey(d => d.EnvironmentId).OnDelete(DeleteBehavior.Restrict);
        builder.HasIndex(d => new { d.EnvironmentId, d.Name }).IsUnique().HasFilter("deleted_at IS NULL");
        builder.HasQueryFilter(d => d.DeletedAt == null);
    }
}

internal sealed class RevisionTable : IEntityTypeConfiguration<Revision>
{
    public void Configure(EntityTypeBuilder<Revision> builder)
    {
        builder.ToTable("Revisions").HasKey(r => r.Id);
        builder.Property(r => r.Id).ValueGeneratedNever();
        builder.Property(r => r.Labels).HasConversion<LabelsConverter, LabelsComparer>();
        builder.Property(r => r.Secrets).HasConversion<NamesConverter, NamesComparer>();
        builder.Ignore(r => r.Default).Ignore(r => r.Sets);
        builder.HasOne<Deployment>().WithMany().HasForeignKey(r => r.DeploymentId).OnDelete(DeleteBehavior.Restrict);
        builder.HasMany(r => r.Variants).WithOne().HasForeignKey(v => v.RevisionId).OnDelete(DeleteBehavior.Cascade);
        builder.HasIndex(r => new { r.DeploymentId, r.Number }).IsUnique();
    }
}

internal sealed class VariantTable : IEntityTypeConfiguration<Variant>
{
    public void Configure(EntityTypeBuilder<Variant> builder)
    {
        builder.ToTable("Variants").HasKey(v => v.Id);
        builder.Property(v => v.Extra).HasConversion<ExtraResourcesConverter>().HasDefaultValue(ExtraResources.None);
        builder.Property(v => v.Id).ValueGeneratedNever();
        builder.Property(v => v.BuildNumber).HasDefaultValue(1);
        builder.Property(v => v.Placement).HasConversion<string>().HasDefaultValue(Placement.Replica);
        builder.HasIndex(v => new { v.RevisionId, v.Name }).IsUnique();
        builder.HasIndex(v => v.RevisionId).IsUnique().HasFilter("is_default").HasDatabaseName("ux_variants_one_default");
        builder.HasIndex(v => v.ModelVersionId);
    }
}

internal sealed class StatusChangeTable : IEntityTypeConfiguration<StatusChange>
{
    public void Configure(EntityTypeBuilder<StatusChange> builder)
    {
        builder.ToTable("DeploymentStatusChanges").HasKey(c => c.Id);
        builder.Property(c => c.Id).ValueGeneratedNever();
        builder.Property(c => c.Status).HasConversion<string>();
        builder.HasIndex(c => new { c.DeploymentId, c.At });
    }
}

/// <summary>Labels are one JSON object in one column.</summary>
internal sealed class LabelsConverter() : ValueConverter<Dictionary<string, string>, string>(
    labels => JsonSerializer.Serialize(labels, ContractsJson.Default.DictionaryStringString),
    json => JsonSerializer.Deserialize(json, ContractsJson.Default.DictionaryStringString) ?? new Dictionary<string, string>());

internal sealed class LabelsComparer() : ValueComparer<Dictionary<string, string>>(
    (left, right) => left!.Count == right!.Count && !left.Except(right).Any(),
    labels => labels.Count,
    labels => new Dictionary<string, string>(labels));
