using Slipway.Testing;

namespace Slipway.Server.Tests.Registry;

/// <summary>Persistence tests run on both databases.</summary>
internal static class Databases
{
    public const string Sqlite = "sqlite";
    public const string PostgreSql = "postgresql";

    public static async Task<TestServer> StartAsync(string database, Action<Microsoft.Extensions.DependencyInjection.IServiceCollection>? services = null) =>
        await TestServer.StartAsync(services: services, postgreSql: database == PostgreSql ? await PostgreSqlServer.CreateDatabaseOrSkipAsync() : null);
}
