using Slipway.Testing;

namespace Slipway.EndToEnd.Tests;

/// <summary>What a long test runs on: in the short form each case has one database, so that both are met; <c>SLIPWAY_ALL_DATABASES=1</c> runs every case on both.</summary>
internal static class Databases
{
    public const string Sqlite = "sqlite";
    public const string PostgreSql = "postgresql";

    private static readonly bool All = Environment.GetEnvironmentVariable("SLIPWAY_ALL_DATABASES") == "1";

    public static IEnumerable<string> Of(string one) => All ? [Sqlite, PostgreSql] : [one];

    public static async Task<SlipwayProcess> StartAsync(string database) =>
        await SlipwayProcess.StartAsync(database == PostgreSql ? await PostgreSqlServer.CreateDatabaseOrSkipAsync() : null);
}
