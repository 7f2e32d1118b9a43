using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Slipway.Server.Platform;

namespace Slipway.Server.Identity;

internal enum ScopeKind
{
    Environment,
    User,

    /// <summary>Of an environment that was deleted: only an environment may have the name again.</summary>
    FormerEnvironment,
}

/// <summary>A name that may stand first in the address of a prediction. Environments and users share one table, so that an address is never ambiguous.</summary>
internal sealed class ScopeName
{
    public required string Name { get; set; }

    public ScopeKind Kind { get; set; }

    public DateTimeOffset CreatedAt { get; set; }
}

/// <summary>Gives out scope names.</summary>
internal static partial class ScopeNames
{
    /// <summary>The environments that always exist; their names are taken at the first start.</summary>
    public static readonly IReadOnlyList<string> BuiltInEnvironments = ["development", "staging", "production"];

    /// <summary>Every literal first segment of an address, ours or of a dialect that we speak; a test compares it with the registered routes.</summary>
    public static readonly IReadOnlySet<string> Reserved = new HashSet<string>(StringComparer.Ordinal)
    {
        "api", "ui", "health", "metrics", "openapi", "v1", "v2", "version", "gateway", "ping", "assets", "graphql", "get-artifact", "model-versions",
        "ajax-api", "invocations", "models", "login", "favicon.ico", "robots.txt", ".well-known", "static", "docs", "system",
    };

    /// <summary>Whether a text is a name at all; decided before anything is looked up.</summary>
    public static bool IsValid(string? name) => name is not null && Pattern().IsMatch(name);

    /// <summary>Takes a name in the caller's unit.</summary>
    /// <returns>Done, <c>invalid_field</c>, <c>name_reserved</c> or <c>name_taken</c>.</returns>
    public static async Task<Result> ReserveAsync(SlipwayDbContext db, string name, ScopeKind kind, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (!IsValid(name))
        {
            return IdentityRefusals.NameInvalid(name);
        }

        if (Reserved.Contains(name))
        {
            return IdentityRefusals.NameReserved(name);
        }

        if (await db.Set<ScopeName>().FindAsync([name], cancellationToken) is { } taken)
        {
            if (taken.Kind == ScopeKind.FormerEnvironment && kind == ScopeKind.Environment)
            {
                taken.Kind = kind;
                return Result.Done;
            }

            return IdentityRefusals.NameTaken(name, taken.Kind);
        }

        db.Set<ScopeName>().Add(new ScopeName { Name = name, Kind = kind, CreatedAt = now });
        return Result.Done;
    }

    /// <summary>Gives up the name of an environment that is deleted in the caller's unit.</summary>
    public static async Task ReleaseEnvironmentAsync(SlipwayDbContext db, string name, CancellationToken cancellationToken)
    {
        if (await db.Set<ScopeName>().FindAsync([name], cancellationToken) is { Kind: ScopeKind.Environment } taken)
        {
            taken.Kind = ScopeKind.FormerEnvironment;
        }
    }

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9._-]{0,63}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 100)]
    private static partial Regex Pattern();
}

internal sealed class ScopeNameTable : IEntityTypeConfiguration<ScopeName>
{
    public void Configure(EntityTypeBuilder<ScopeName> builder)
    {
        builder.ToTable("ScopeNames").HasKey(n => n.Name);
        builder.Property(n => n.Kind).HasConversion<string>();
    }
}
