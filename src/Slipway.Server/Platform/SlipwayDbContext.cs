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
    private readonly Dictionary<IUnitClaim, List<(string Kind, string Resource)>> claims = new(ReferenceEqualityComparer.Instance);
    private List<(string Kind, string Resource, bool IsNew)> changes = [];

    /// <summary>W3C trace context of the request that the unit is run for, which the events of the unit carry; null: none was given.</summary>
    public string? Traceparent { get; set; }

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

    /// <summary>Lets a request leave its mark in the unit that carries it out, with all that the unit changes.</summary>
    public void Claim(IUnitClaim claim) => claims.TryAdd(claim, []);

    /// <summary>The same in a unit that carries out many requests: what it changes for this one.</summary>
    public void Claim(IUnitClaim claim, string kind, string resource)
    {
        Claim(claim);
        claims[claim].Add((kind, resource));
    }

    /// <summary>The last step of a unit that does not refuse.</summary>
    public async Task StoreClaimsAsync(CancellationToken cancellationToken)
    {
        foreach (var (claim, own) in claims)
        {
            await claim.StoreAsync(this, own.Count > 0 ? own : changes.Where(c => c.Kind.Length > 0).Select(c => (c.Kind, c.Resource)).ToList(), cancellationToken);
        }
    }

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
        claims.Clear();
        Traceparent = null;
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
