using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Server;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Testing;

/// <summary>A real host on a real port with a data folder of its own, which goes with it.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly bool ownsFolder;
    private readonly Dictionary<string, HttpClient> clients = [];

    private TestServer(WebApplication app, string dataFolder, bool ownsFolder)
    {
        this.app = app;
        this.ownsFolder = ownsFolder;
        DataFolder = dataFolder;
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        Anonymous = new HttpClient { BaseAddress = Address };
    }

    public string DataFolder { get; }

    public Uri Address { get; }

    /// <summary>A client without identity.</summary>
    public HttpClient Anonymous { get; }

    /// <summary>A client with an administrator's key.</summary>
    public HttpClient Client => As(Role.Administrator);

    public IServiceProvider Services => app.Services;

    /// <param name="postgreSql">Connection string; null: SQLite.</param>
    /// <param name="services">Replaces services.</param>
    /// <param name="dataFolder">An existing folder to start on; null: a new one that is removed at the end.</param>
    public static async Task<TestServer> StartAsync(
        Action<ServerOptions>? configure = null, Action<IServiceCollection>? services = null, string? postgreSql = null, string? dataFolder = null)
    {
        var folder = dataFolder ?? Directory.CreateTempSubdirectory("slipway-test-").FullName;
        if (dataFolder is null && postgreSql is null)
        {
            await MigratedTemplates.CopySqliteAsync(folder);
        }

        var host = SlipwayServer.Create(
            options =>
            {
                options.DataFolder = folder;
                options.Port = 0;
                options.PostgreSql = postgreSql;
                configure?.Invoke(options);
            },
            services);
        try
        {
            await host.StartAsync();
        }
        catch
        {
            // What had started before the refusal must not go on in the background of other tests.
            await host.StopAsync();
            await host.DisposeAsync();
            throw;
        }

        var server = new TestServer(host, folder, dataFolder is null);
        foreach (var role in Enum.GetValues<Role>())
        {
            server.clients[NameOf(role)] = await server.UserAsync(NameOf(role), role);
        }

        return server;
    }

    /// <summary>A client with a key of the user <c>test-viewer</c>, <c>test-analyst</c>, … without restriction.</summary>
    public HttpClient As(Role role) => clients[NameOf(role)];

    /// <summary>A client with a new key of the named user, who is made when absent.</summary>
    public async Task<HttpClient> UserAsync(string name, Role role, params string[] scopes) => WithKey(await KeyAsync(name, role, scopes));

    /// <summary>A client that sends this key.</summary>
    public HttpClient WithKey(string key)
    {
        var client = new HttpClient { BaseAddress = Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    /// <summary>The text of a new key of the named user, who is made when absent.</summary>
    public async Task<string> KeyAsync(string name, Role role, params string[] scopes)
    {
        await using (var db = Services.GetRequiredService<Database>().Read())
        {
            if (!await db.Set<User>().AnyAsync(u => u.Name == name))
            {
                await Services.GetRequiredService<CreateUser>().RunAsync(new CreateUserRequest(name, role.WireName()), Actor.System, CancellationToken.None);
            }
        }

        var created = await Services.GetRequiredService<CreateKey>().RunAsync(
            new CreateKeyRequest("test", scopes, User: name), Actor.System, null, CancellationToken.None);
        return created.Value.Key;
    }

    /// <summary>The surrogate id of a user.</summary>
    public async Task<Guid> UserIdAsync(string name)
    {
        await using var db = Services.GetRequiredService<Database>().Read();
        return await db.Set<User>().Where(u => u.Name == name).Select(u => u.Id).SingleAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Anonymous.Dispose();
        foreach (var client in clients.Values)
        {
            client.Dispose();
        }

        await app.StopAsync();
        await app.DisposeAsync();
        if (ownsFolder)
        {
            Directory.Delete(DataFolder, recursive: true);
        }
    }

    private static string NameOf(Role role) => $"test-{role.WireName()}";
}
