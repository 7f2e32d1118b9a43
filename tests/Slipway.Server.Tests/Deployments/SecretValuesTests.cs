using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Server.Platform;
using Slipway.Server.Replicas;
using Slipway.Server.Tests.Registry;
using Slipway.Testing;

namespace Slipway.Server.Tests.Deployments;

/// <summary>Values of secrets with real processes: where they come to, and where they never are.</summary>
public sealed class SecretValuesTests
{
    private const string First = "open-sesame-4711";
    private const string Second = "abracadabra-0815";
    private const string Path = "/api/v1/deployments/development/keeper";

    /// <summary>Tells which value it has without telling the value, and prints it wherever a careless model would.</summary>
    private const string Model = """
        import hashlib, logging, os
        class Model:
            def __init__(self, **kwargs):
                self.secrets = kwargs["secrets"]
                print("starting with", self.secrets)
            def load(self):
                logging.warning("signed in with %s", os.environ["TOKEN"])
            def predict(self, x):
                print("using " + self.secrets["TOKEN"])
                assert os.environ["TOKEN"] == self.secrets["TOKEN"]
                return hashlib.sha256(self.secrets["TOKEN"].encode()).hexdigest()
        """;

    [Fact]
    public async Task A_value_reaches_the_model_and_nothing_else_also_when_it_is_changed_and_after_a_crash()
    {
        var folder = Directory.CreateTempSubdirectory("slipway-test-");
        try
        {
            int? pid;
            await using (var server = await TestServer.StartAsync(
                services: services => services.Configure<ReplicasOptions>(o => o.KeepReplicasOnStop = true), dataFolder: folder.FullName))
            {
                // 1. The package says what it needs, and is refused until the environment has it.
                await server.Client.PushedAsync("keeper", ("model/model.py", Model), ("config.yaml", "model_name: keeper\nsecrets:\n  TOKEN: null\n"));
                const string create = """{"name":"keeper","model":"keeper","version":"1","memory_mib":256}""";
                await (await server.Client.PostJsonAsync("/api/v1/deployments", create)).ShouldRefuseAsync(409, "secret_missing");
                await SetAsync(server, First);
                await (await server.Client.PostJsonAsync("/api/v1/deployments", create)).ShouldSucceedAsync();
                await server.UntilAsync(() => server.Client.GetAsync<DeploymentInfo>(Path), d => d is { Status: "ACTIVE", ReplicasReady: 1 });
                await server.UntilAsync(() => TryAsync(server), answer => answer == Hash(First));   // the route follows the status a moment later
                var before = (await ReplicasAsync(server)).Single();

                // 2. Another value replaces the replica without a failed request.
                await SetAsync(server, Second);
                await server.UntilAsync(() => PredictAsync(server), answer => answer == Hash(Second));
                var after = await server.UntilAsync(() => ReplicasAsync(server), all => all is [{ State: "ready" } one] && one.Id != before.Id);
                pid = after[0].Pid;
                Assert.Equal(1, (await server.Client.GetAsync<DeploymentInfo>(Path)).Live!.Number);
                await NowhereAsync(server, folder);
            }

            // 3. The next server adopts the replica as it is, and starts another one with the value.
            await using var next = await TestServer.StartAsync(dataFolder: folder.FullName);
            var adopted = await next.UntilAsync(() => ReplicasAsync(next), all => all is [{ State: "ready" }]);
            Assert.Equal(pid, adopted[0].Pid);
            await next.UntilAsync(() => TryAsync(next), answer => answer == Hash(Second));
            System.Diagnostics.Process.GetProcessById(pid!.Value).Kill();
            await next.UntilAsync(() => ReplicasAsync(next), all => all is [{ State: "ready" } one] && one.Pid != pid);
            await next.UntilAsync(() => TryAsync(next), answer => answer == Hash(Second));
            var lines = (await next.Client.GetAsync<Page<LogLine>>($"{Path}/logs?q=signed")).Items;
            Assert.Contains(lines, l => l.Message.Contains("signed in with [secret TOKEN]", StringComparison.Ordinal));
            await NowhereAsync(next, folder);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Looks for both values in every file, every answer of the API and what can be seen of every process.</summary>
    private static async Task NowhereAsync(TestServer server, DirectoryInfo folder)
    {
        var looked = 0;
        foreach (var file in folder.EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }))
        {
            if (file.Extension == ".sock")
            {
                continue;
            }

            try
            {
                await using var stream = new FileStream(file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                var bytes = new byte[Math.Min(stream.Length, 64 << 20)];
                var length = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false);
                NotIn(bytes[..length], file.FullName);
                looked++;
            }
            catch (FileNotFoundException)
            {
                // Gone since it was listed.
            }
        }

        Assert.True(looked > 10, $"Only {looked} files were there to look into.");
        string[] more = [Path, $"{Path}/revisions", $"{Path}/replicas", $"{Path}/logs", $"{Path}/rollouts", $"{Path}/metrics", "/api/v1/environments/development/secrets",
            "/api/v1/environments/development/secrets/TOKEN", "/api/v1/predictions?environment=development&deployment=keeper", "/openapi/v1.json", "/metrics"];
        var plain = server.Services.GetRequiredService<Microsoft.AspNetCore.Routing.EndpointDataSource>().Endpoints.OfType<Microsoft.AspNetCore.Routing.RouteEndpoint>()
            .Where(e => e.Metadata.GetMetadata<Microsoft.AspNetCore.Routing.HttpMethodMetadata>()?.HttpMethods.Contains("GET") == true && e.RoutePattern.Parameters.Count == 0)
            .Select(e => "/" + e.RoutePattern.RawText!.Trim('/')).Where(p => p.StartsWith("/api/", StringComparison.Ordinal) && !p.EndsWith("/events", StringComparison.Ordinal));
        foreach (var path in plain.Concat(more))
        {
            using var response = await server.Client.GetAsync(new Uri(path, UriKind.Relative));
            NotIn(await response.Content.ReadAsByteArrayAsync(), path);
        }

        foreach (var process in Directory.EnumerateDirectories("/proc").Where(p => int.TryParse(System.IO.Path.GetFileName(p), out _)))
        {
            foreach (var name in new[] { "cmdline", "environ" })
            {
                try
                {
                    NotIn(await File.ReadAllBytesAsync($"{process}/{name}"), $"{process}/{name}");
                }
                catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
                {
                    // It has ended, or is another user's.
                }
            }
        }

        static void NotIn(byte[] bytes, string where) =>
            Assert.False(bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(First)) >= 0 || bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(Second)) >= 0, $"A value is in {where}.");
    }

    private static async Task SetAsync(TestServer server, string value) => await (await server.Client.PutAsync(
        new Uri("/api/v1/environments/development/secrets/TOKEN", UriKind.Relative), new StringContent($$"""{"value":"{{value}}"}""", Encoding.UTF8, "application/json"))).ShouldSucceedAsync();

    private static string Hash(string value) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(value)));

    private static async Task<string> PredictAsync(TestServer server)
    {
        var response = await server.Client.PostAsync("/development/models/keeper/invocations", new StringContent("1", Encoding.UTF8, "application/json"));
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode} {text}");
        return text.Trim('"');
    }

    /// <summary>The answer; null while the route is not there yet.</summary>
    private static async Task<string?> TryAsync(TestServer server)
    {
        var response = await server.Client.PostAsync("/development/models/keeper/invocations", new StringContent("1", Encoding.UTF8, "application/json"));
        return response.IsSuccessStatusCode ? (await response.Content.ReadAsStringAsync()).Trim('"') : null;
    }

    private static async Task<IReadOnlyList<ReplicaInfo>> ReplicasAsync(TestServer server) => (await server.Client.GetAsync<Page<ReplicaInfo>>($"{Path}/replicas")).Items;
}
