using Slipway.Testing;

namespace Slipway.Server.Tests.Platform;

/// <summary>One server for the cases of a class that change nothing.</summary>
public sealed class SharedServer : IAsyncLifetime
{
    internal TestServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await TestServer.StartAsync(o => o.AllowedHosts.Add("registry.example"));

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
