using System.Net;
using System.Net.Sockets;

namespace Slipway.EndToEnd.Tests;

/// <summary>A server that cannot start says why in one sentence, without a stack.</summary>
public sealed class StartTests
{
    [Fact]
    public async Task What_an_operator_can_put_right_is_said_in_one_sentence()
    {
        await using var slipway = await SlipwayProcess.StartAsync();
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var other = Path.Combine(Path.GetDirectoryName(slipway.DataFolder)!, "other");

        await RefusedAsync($"Port {port} is in use", "--data", other, "--port", $"{port}");
        await RefusedAsync("Another server is using", "--data", slipway.DataFolder, "--port", "0");
        await RefusedAsync("The data folder cannot be used", "--data", "/proc/slipway", "--port", "0");
        await RefusedAsync("The PostgreSQL database cannot be used", "--data", other, "--port", "0", "--postgresql", "Host=127.0.0.1;Port=1;Username=u;Password=do-not-tell;Database=d");
        await RefusedAsync("Port must be between 0 and 65535", "--data", other, "--port", "70000");

        var key = Path.Combine(other, "master.key");
        await File.WriteAllTextAsync(key, Convert.ToBase64String(new byte[32]));
        await RefusedAsync("The master key is not the one", "--data", other, "--port", "0");
        File.Delete(key);
        await RefusedAsync("The master key is missing", "--data", other, "--port", "0");

        async Task RefusedAsync(string why, params string[] arguments)
        {
            var (code, _, error) = await slipway.RunAsync(["server", .. arguments]);
            Assert.Equal(1, code);
            Assert.Contains(why, error, StringComparison.Ordinal);
            Assert.DoesNotContain("do-not-tell", error, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
            Assert.DoesNotContain("Exception", error, StringComparison.Ordinal);
        }
    }
}
