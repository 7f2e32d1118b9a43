using System.IO.Compression;
using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Server.Packages;
using Slipway.Server.Platform;
using Slipway.Server.Registry;
using Slipway.Server.Tests.Registry;
using Slipway.Testing;

namespace Slipway.Server.Tests.Packages;

public sealed class BuildsTests : IDisposable
{
    private const string Model = "import greeting, json\nclass Model:\n    def predict(self, x):\n        return x\n";
    private readonly string wheels = Directory.CreateTempSubdirectory("slipway-wheels-").FullName;

    public void Dispose() => Directory.Delete(wheels, recursive: true);

    [Fact]
    public async Task A_package_without_requirements_builds_into_a_launch_that_an_unprivileged_user_can_read()
    {
        await using var server = await StartAsync();
        await server.Client.PushedAsync("plain", ("model/model.py", "class Model:\n    def predict(self, x):\n        return x\n"), ("data/w.txt", "1"));

        var build = await BuiltAsync(server, "plain", 1, null);

        Assert.Equal(("ready", "python", "", (string?)null), (build.Status, build.BaseImage, build.Lock, build.Error));
        var launch = (await server.Services.GetRequiredService<PackageBuilds>().FindAsync(Guid.Parse(build.Id), CancellationToken.None))!.Launch!;
        Assert.Equal("""{"kind":"truss","module":"model/model.py","class":"Model","config":{},"batch":false,"max_batch":64,"predict_concurrency":1,"fork":true}""", launch.Model.GetRawText());
        Assert.Equal("1", await File.ReadAllTextAsync(Path.Combine(launch.PackageFolder, "data/w.txt")));
        Assert.True(File.GetUnixFileMode(Path.Combine(launch.PackageFolder, "data")).HasFlag(UnixFileMode.OtherRead | UnixFileMode.OtherExecute));
        Assert.True(File.GetUnixFileMode(Path.Combine(launch.PackageFolder, "data/w.txt")).HasFlag(UnixFileMode.OtherRead));
        Assert.True(File.Exists(launch.Interpreter));
        Assert.Contains("Ready.", await server.Client.GetStringAsync($"/api/v1/models/plain/versions/1/builds/{build.Id}/log?follow=true"));
        Assert.Equal([build.Id], (await VersionAsync(server, "plain", 1)).Builds.Select(b => b.Id));
    }

    [Fact]
    public async Task Requirements_are_resolved_to_a_lock_and_equal_locks_share_one_environment()
    {
        await using var server = await StartAsync();
        Wheel("greeting", "1.2.0", "politeness>=2");
        Wheel("politeness", "2.5", null);
        var config = ("config.yaml", "requirements: [greeting>=1]\n");
        await server.Client.PushedAsync("first", config, ("model/model.py", Model));
        await server.Client.PushedAsync("second", config, ("model/model.py", Model), ("data/x", "1"));

        var (first, second) = (await BuiltAsync(server, "first", 1, "python"), await BuiltAsync(server, "second", 1, "python"));

        Assert.Equal(("ready", "greeting==1.2.0\npoliteness==2.5"), (first.Status, first.Lock));
        var builds = server.Services.GetRequiredService<PackageBuilds>();
        var one = (await builds.FindAsync(Guid.Parse(first.Id), CancellationToken.None))!.Launch!;
        var two = (await builds.FindAsync(Guid.Parse(second.Id), CancellationToken.None))!.Launch!;
        Assert.Equal(one.Interpreter, two.Interpreter);
        Assert.NotEqual(one.Digest, two.Digest);
        Assert.Equal(["greeting"], one.Imports);
    }

    [Fact]
    public async Task A_failed_build_names_the_requirement_and_can_be_tried_again()
    {
        await using var server = await StartAsync();
        await server.Client.PushedAsync("needy", ("config.yaml", "requirements: [greeting==9]\n"), ("model/model.py", Model));

        var failed = await BuiltAsync(server, "needy", 1, "python");
        Assert.Equal("failed", failed.Status);
        Assert.Contains("The requirement greeting==9 cannot be met", failed.Error);

        Wheel("greeting", "9", null);
        var again = await BuiltAsync(server, "needy", 1, "python");
        Assert.Equal(("ready", failed.Id, "greeting==9"), (again.Status, again.Id, again.Lock));
    }

    [Fact]
    public async Task Where_no_index_can_be_reached_the_failure_names_the_base_image_to_use()
    {
        await using var server = await StartAsync(options => (options.NoIndex, options.IndexUrl) = (false, "http://127.0.0.1:1/simple"));
        await server.Client.PushedAsync("offline", ("config.yaml", "requirements: [greeting==9]\n"), ("model/model.py", Model));
        var failed = await BuiltAsync(server, "offline", 1, null);
        Assert.Equal("failed", failed.Status);
        Assert.Contains("greeting==9", failed.Error);
        Assert.Contains("--base-image python-system", failed.Error);
    }

    [Fact]
    public async Task What_would_run_code_while_building_is_refused_by_name()
    {
        await using var server = await StartAsync();
        await server.Client.PushedAsync("git", ("config.yaml", "requirements: ['git+https://example.org/x.git']\n"), ("model/model.py", Model));
        Assert.Contains("git+https://example.org/x.git", (await BuiltAsync(server, "git", 1, null)).Error);
    }

    [Theory]
    [InlineData("pip>=1", null)]
    [InlineData("pip>=99", "pip>=99: version")]
    [InlineData("no-such-package-here", "no-such-package-here: it is not installed")]
    [InlineData("no-such-package-here; python_version < '3'", null)]
    public async Task On_python_system_requirements_are_checked_and_nothing_is_installed(string requirement, string? problem)
    {
        await using var server = await StartAsync();
        await server.Client.PushedAsync("sys", ("config.yaml", $"base_image: python-system\nrequirements: [\"{requirement}\"]\n"), ("model/model.py", Model));
        var build = await BuiltAsync(server, "sys", 1, null);
        Assert.Equal("python-system", build.BaseImage);
        if (problem is null)
        {
            Assert.Equal("ready", build.Status);
        }
        else
        {
            Assert.Contains(problem, build.Error);
        }
    }

    [Fact]
    public async Task An_unknown_base_image_is_refused_with_the_flag_and_the_choices()
    {
        await using var server = await StartAsync();
        await server.Client.PushedAsync("odd", ("model/model.py", Model));
        var problem = await (await server.Client.PostAsync("/api/v1/models/odd/versions/1/builds?base_image=cuda", null)).ShouldRefuseAsync(400, "unknown_base_image");
        Assert.Contains("--base-image", problem.Detail);
        Assert.Contains("python", problem.Detail);
    }

    [Fact]
    public async Task A_build_that_a_killed_server_left_running_is_finished_by_the_next()
    {
        var folder = Directory.CreateTempSubdirectory("slipway-test-").FullName;
        string id;
        await using (var server = await StartAsync(dataFolder: folder))
        {
            await server.Client.PushedAsync("cut", ("model/model.py", Model));
            var build = await BuiltAsync(server, "cut", 1, null);
            id = build.Id;
            await server.Services.GetRequiredService<Writes>().RunAsync(
                async (db, token) =>
                {
                    await db.Set<PackageBuild>().ExecuteUpdateAsync(b => b.SetProperty(p => p.Status, BuildStatus.Running).SetProperty(p => p.Launch, (string?)null), token);
                    return Result.Done;
                },
                CancellationToken.None);
        }

        await using (var server = await StartAsync(dataFolder: folder))
        {
            var log = await server.Client.GetStringAsync($"/api/v1/models/cut/versions/1/builds/{id}/log?follow=true");
            Assert.EndsWith("Ready.\n", log);
            Assert.Equal("ready", (await VersionAsync(server, "cut", 1)).Builds.Single().Status);
        }

        Directory.Delete(folder, recursive: true);
    }

    private Task<TestServer> StartAsync(Action<PackagesOptions>? configure = null, string? dataFolder = null) => TestServer.StartAsync(
        services: services => services.Configure<PackagesOptions>(options =>
        {
            (options.NoIndex, options.FindLinks) = (true, wheels);
            configure?.Invoke(options);
        }),
        dataFolder: dataFolder);

    private static async Task<ModelVersionInfo> VersionAsync(TestServer server, string model, int version) =>
        await (await server.Client.GetAsync($"/api/v1/models/{model}/versions/{version}")).ShouldBeAsync(HttpStatusCode.OK, ContractsJson.Default.ModelVersionInfo);

    /// <summary>Starts the build and follows its log to the end.</summary>
    private static async Task<BuildInfo> BuiltAsync(TestServer server, string model, int version, string? baseImage)
    {
        var query = baseImage is null ? "" : $"?base_image={baseImage}";
        var started = await (await server.Client.PostAsync($"/api/v1/models/{model}/versions/{version}/builds{query}", null)).ShouldBeAsync(HttpStatusCode.Accepted, ContractsJson.Default.BuildInfo);
        await server.Client.GetStringAsync($"/api/v1/models/{model}/versions/{version}/builds/{started.Id}/log?follow=true");
        return (await VersionAsync(server, model, version)).Builds.Single(b => b.Id == started.Id);
    }

    /// <summary>A wheel with one module, as a zip: no network and no build is needed for it.</summary>
    private void Wheel(string name, string version, string? requires)
    {
        using var zip = ZipFile.Open(Path.Combine(wheels, $"{name}-{version}-py3-none-any.whl"), ZipArchiveMode.Create);
        var info = $"{name}-{version}.dist-info";
        Write($"{name}.py", "HELLO = 1\n");
        Write($"{info}/METADATA", $"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{(requires is null ? "" : $"Requires-Dist: {requires}\n")}");
        Write($"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n");
        Write($"{info}/RECORD", $"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n");

        void Write(string path, string text)
        {
            using var writer = new StreamWriter(zip.CreateEntry(path).Open());
            writer.Write(text);
        }
    }
}
