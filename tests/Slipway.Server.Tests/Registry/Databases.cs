using Slipway.Testing;

namespace Slipway.Server.Tests.Registry;

/// <summary>Persistence tests run on both databases.</summary>
internal static class Databases
{
    public const string Sqlite = "sqlite";
    public const string PostgreSql = "postgresql";

    /// <summary>How often two do the same thing at the same time. SLIPWAY_RACE_ROUNDS=200 is the long form.</summary>
    public static int RaceRounds { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("SLIPWAY_RACE_ROUNDS"), System.Globalization.CultureInfo.InvariantCulture, out var rounds) ? rounds : 8;

    public static async Task<TestServer> StartAsync(string database, Action<Microsoft.Extensions.DependencyInjection.IServiceCollection>? services = null) =>
        await TestServer.StartAsync(services: services, postgreSql: database == PostgreSql ? await PostgreSqlServer.CreateDatabaseOrSkipAsync() : null);
}
