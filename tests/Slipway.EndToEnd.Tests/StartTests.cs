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

    [Theory]
    [InlineData("""{"Slipway":{"History":{"RetentionAge":"nonsense"}}}""", "'nonsense' at 'Slipway:History:RetentionAge'")]
    [InlineData("""{"Slipway":{"Replicas":{"MaxProcesses":3}}}""", "MaxProcesses must be between 16 and 100000")]
    [InlineData("""{"Slipway":""", "appsettings.json cannot be read")]
    public async Task Settings_of_the_working_folder_are_read_and_a_bad_one_is_said_in_one_sentence(string settings, string why)
    {
        var folder = Directory.CreateTempSubdirectory("slipway-e2e-");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "appsettings.json"), settings);
            var (code, _, error) = await SlipwayProcess.RunInAsync(folder.FullName, "server", "--data", Path.Combine(folder.FullName, "data"));
            Assert.Equal(1, code);
            Assert.Contains(why, error, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
            Assert.DoesNotContain("Exception", error, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task The_data_of_a_stopped_server_is_verified_where_it_lies()
    {
        await using var slipway = await SlipwayProcess.StartAsync();
        await slipway.PushAsync("echo", Packages.Echo("kept"));
        var (busy, _, why) = await slipway.RunAsync("verify", "--data", slipway.DataFolder);
        Assert.Equal(1, busy);
        Assert.Contains("Another server is using", why, StringComparison.Ordinal);

        await slipway.StopAsync();
        await slipway.MustAsync("verify", "--data", slipway.DataFolder);
        var blob = Directory.EnumerateFiles(Path.Combine(slipway.DataFolder, "artifacts"), "*", SearchOption.AllDirectories).First(f => new FileInfo(f).Length > 100);
        var bytes = await File.ReadAllBytesAsync(blob);
        bytes[^20] ^= 1;
        await File.WriteAllBytesAsync(blob, bytes);
        var (code, findings, _) = await slipway.RunAsync("verify", "--data", slipway.DataFolder);
        Assert.Equal(9, code);
        Assert.Contains("corrupt_blob", findings, StringComparison.Ordinal);
        Assert.Equal(4, (await slipway.RunAsync("verify", "--data", Path.Combine(slipway.DataFolder, "nothing-here"))).ExitCode);
    }
}
