using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Server;

namespace Slipway.Testing;

/// <summary>A real host on a real port with a data folder of its own, which goes with it.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly bool ownsFolder;

    private TestServer(WebApplication app, string dataFolder, bool ownsFolder)
    {
        this.app = app;
        this.ownsFolder = ownsFolder;
        DataFolder = dataFolder;
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        Client = new HttpClient { BaseAddress = Address };
    }

    public string DataFolder { get; }

    public Uri Address { get; }

    /// <summary>A client without identity.</summary>
    public HttpClient Client { get; }

    public IServiceProvider Services => app.Services;

    /// <param name="postgreSql">Connection string; null: SQLite.</param>
    /// <param name="services">Replaces services.</param>
    /// <param name="dataFolder">An existing folder to start on; null: a new one that is removed at the end.</param>
    public static async Task<TestServer> StartAsync(
        Action<ServerOptions>? configure = null, Action<IServiceCollection>? services = null, string? postgreSql = null, string? dataFolder = null)
    {
        var folder = dataFolder ?? Directory.CreateTempSubdirectory("slipway-test-").FullName;
        var host = SlipwayServer.Create(
            options =>
            {
                options.DataFolder = folder;
                options.Port = 0;
                options.PostgreSql = postgreSql;
                configure?.Invoke(options);
            },
            services);
        await host.StartAsync();
        return new TestServer(host, folder, dataFolder is null);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app.StopAsync();
        await app.DisposeAsync();
        if (ownsFolder)
        {
            Directory.Delete(DataFolder, recursive: true);
        }
    }
}
