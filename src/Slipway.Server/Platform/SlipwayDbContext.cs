using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Slipway.Server.Platform;

/// <summary>
/// The control database. Each feature maps its own tables by an <see cref="IEntityTypeConfiguration{TEntity}"/> beside its nouns and reads them with
/// <see cref="DbContext.Set{TEntity}()"/>; table and column names are snake_case.
/// </summary>
internal abstract class SlipwayDbContext(DbContextOptions options) : DbContext(options)
{
    private List<(string Kind, string Resource, bool IsNew)> changes = [];

    /// <summary>Says that something changed. Published only if the unit commits.</summary>
    /// <param name="kind">See <see cref="Contracts.ServerEvent"/>.</param>
    /// <param name="resource">Path below <c>/api/v1</c>.</param>
    public void Changed(string kind, string resource) => changes.Add((kind, resource, false));

    /// <summary>Says that something was added which nothing refers to yet (<see cref="Change.IsNew"/>). Published only if the unit commits.</summary>
    public void Added(string kind, string resource) => changes.Add((kind, resource, true));

    /// <summary>
    /// Says that something was written which pages need not be told of at once (a heartbeat, a value of a metric); what is kept of the resource holds no longer when the unit commits.
    /// Empty: nothing that is kept holds.
    /// </summary>
    public void Outdated(string resource) => changes.Add(("", resource, false));

    /// <summary>What the unit changed; published to <see cref="Changes"/> after its commit. An empty kind: outdated only.</summary>
    public IReadOnlyList<(string Kind, string Resource, bool IsNew)> TakeChanges()
    {
        var taken = changes;
        changes = [];
        return taken;
    }

    /// <summary>Forgets what the unit before has left.</summary>
    public void BeginUnit()
    {
        ChangeTracker.Clear();
        changes = [];
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.ApplyConfigurationsFromAssembly(typeof(SlipwayDbContext).Assembly);
        foreach (var entity in modelBuilder.Model.GetEntityTypes())
        {
            entity.SetTableName(SnakeCase(entity.GetTableName() ?? entity.ClrType.Name));
            foreach (var property in entity.GetProperties())
            {
                property.SetColumnName(SnakeCase(property.GetColumnName()));
            }
        }
    }

    private static string SnakeCase(string name) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(name);
}

/// <summary>SQLite keeps instants as UTC ticks, so that they sort and compare.</summary>
internal sealed class SqliteSlipwayDbContext(DbContextOptions<SqliteSlipwayDbContext> options) : SlipwayDbContext(options)
{
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UtcTicks>();

    private sealed class UtcTicks() : ValueConverter<DateTimeOffset, long>(v => v.UtcTicks, v => new DateTimeOffset(v, TimeSpan.Zero));
}

internal sealed class PostgreSqlSlipwayDbContext(DbContextOptions<PostgreSqlSlipwayDbContext> options) : SlipwayDbContext(options);
