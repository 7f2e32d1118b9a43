using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Slipway.Server.Deployments.Secrets;

internal sealed class SecretTable : IEntityTypeConfiguration<EnvironmentSecret>
{
    public void Configure(EntityTypeBuilder<EnvironmentSecret> builder)
    {
        builder.ToTable("Secrets").HasKey(s => s.Id);
        builder.Property(s => s.Id).ValueGeneratedNever();
        builder.Property(s => s.Name).HasMaxLength(128);
        builder.Property(s => s.Version).IsConcurrencyToken();
        builder.Ignore(s => s.Bound);
        builder.HasOne<DeploymentEnvironment>().WithMany().HasForeignKey(s => s.EnvironmentId).OnDelete(DeleteBehavior.Restrict);
        builder.HasIndex(s => new { s.EnvironmentId, s.Name }).IsUnique();
    }
}
