using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Slipway.Contracts;

namespace Slipway.EndToEnd.Tests;

/// <summary>The real program as a person runs it: <c>slipway up</c> in a process of its own, with a data folder and a profile of its own.</summary>
internal sealed class SlipwayProcess : IAsyncDisposable
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "slipway");
    private readonly string home;
    private readonly string? postgreSql;
    private readonly int port = FreePort();
    private readonly StringBuilder log = new();
    private Process process = null!;

    private SlipwayProcess(string home, string? postgreSql)
    {
        this.home = home;
        this.postgreSql = postgreSql;
    }

    /// <summary>Environment variables of the server from the next start on.</summary>
    public Dictionary<string, string> Variables { get; } = [];

    /// <summary>Folder of the control group that the server starts in from the next start on; null: that of the test.</summary>
    public string? Group { get; set; }

    public static string SourceRoot { get; } = FindRoot();

    public string DataFolder => Path.Combine(home, "data");

    /// <summary>Where it answers.</summary>
    public Uri Address => new($"http://127.0.0.1:{port}");

    /// <summary>A client with the administrator's key of the profile.</summary>
    public HttpClient Client { get; private set; } = null!;

    public int Pid => process.Id;

    /// <summary>What it has printed so far.</summary>
    public string Output
    {
        get
        {
            lock (log)
            {
                return log.ToString();
            }
        }
    }

    /// <summary>Time from the start of the process to the first good answer of <c>/health/ready</c>.</summary>
    public TimeSpan ReadyAfter { get; private set; }

    public static Task<SlipwayProcess> StartAsync(string? postgreSql = null, params string[] arguments) => StartPreparedAsync(_ => Task.CompletedTask, postgreSql, arguments);

    /// <param name="prepare">Called with the data folder, which is there and empty, before the program starts.</param>
    public static async Task<SlipwayProcess> StartPreparedAsync(Func<string, Task> prepare, string? postgreSql, params string[] arguments)
    {
        var slipway = Prepare(postgreSql);
        await prepare(slipway.DataFolder);
        await slipway.UpAsync(arguments);
        return slipway;
    }

    /// <summary>A program that is not started yet.</summary>
    public static SlipwayProcess Prepare(string? postgreSql = null)
    {
        var slipway = new SlipwayProcess(Directory.CreateTempSubdirectory("slipway-e2e-").FullName, postgreSql);
        // Replicas run as users of their own and must be able to pass through.
        File.SetUnixFileMode(slipway.home, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        Directory.CreateDirectory(slipway.DataFolder);
        return slipway;
    }

    /// <summary>Starts the program on the same data folder and waits until it is ready.</summary>
    public async Task UpAsync(params string[] arguments)
    {
        var since = Stopwatch.GetTimestamp();
        Launch(arguments);
        using var http = new HttpClient { BaseAddress = Address };
        while (true)
        {
            if (process.HasExited)
            {
                throw new InvalidOperationException($"slipway up ended with {process.ExitCode}:\n{Output}");
            }

            try
            {
                if ((await http.GetAsync("/health/ready")).IsSuccessStatusCode)
                {
                    break;
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            if (Stopwatch.GetElapsedTime(since) > TimeSpan.FromSeconds(60))
            {
                throw new TimeoutException($"Not ready after a minute:\n{Output}");
            }

            await Task.Delay(20);
        }

        ReadyAfter = Stopwatch.GetElapsedTime(since);
        var profile = Path.Combine(home, "config", "slipway", "profile.json");
        await Eventually.TrueAsync(() => Task.FromResult(File.Exists(profile)), "the profile is written", TimeSpan.FromSeconds(20));
        using var json = JsonDocument.Parse(await File.ReadAllTextAsync(profile));
        Client = new HttpClient { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(100) };
        Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", json.RootElement.GetProperty("api_key").GetString());
    }

    /// <summary>Starts the program on the same data folder, to die by itself: at a failpoint that it passes whether or not it is ready by then.</summary>
    public async Task StartAndEndAsync(TimeSpan patience)
    {
        Launch([]);
        using var timeout = new CancellationTokenSource(patience);
        await process.WaitForExitAsync(timeout.Token);
    }

    /// <summary>kill -9 of the server itself.</summary>
    public async Task KillAsync()
    {
        process.Kill(entireProcessTree: false);
        await process.WaitForExitAsync();
        Client.Dispose();
    }

    /// <summary>Waits until the server has ended by itself.</summary>
    public async Task EndedAsync(TimeSpan patience)
    {
        using var timeout = new CancellationTokenSource(patience);
        await process.WaitForExitAsync(timeout.Token);
        Client.Dispose();
    }

    /// <summary>Runs another command of the program, as a person would beside the server.</summary>
    public async Task<(int ExitCode, string Out, string Error)> RunAsync(params string[] arguments)
    {
        using var command = Start(arguments);
        var (output, error) = (command.StandardOutput.ReadToEndAsync(), command.StandardError.ReadToEndAsync());
        await command.WaitForExitAsync();
        return (command.ExitCode, await output, await error);
    }

    /// <summary>Runs a command in a folder of its own, which also holds its profile.</summary>
    public static async Task<(int ExitCode, string Out, string Error)> RunInAsync(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(Program, arguments)
        {
            RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, UseShellExecute = false, WorkingDirectory = folder,
        };
        start.Environment["XDG_CONFIG_HOME"] = Path.Combine(folder, "config");
        using var command = Process.Start(start)!;
        var (output, error) = (command.StandardOutput.ReadToEndAsync(), command.StandardError.ReadToEndAsync());
        await command.WaitForExitAsync();
        return (command.ExitCode, await output, await error);
    }

    /// <summary>Runs a command that must succeed.</summary>
    public async Task<string> MustAsync(params string[] arguments)
    {
        var (code, output, error) = await RunAsync(arguments);
        Assert.True(code == 0, $"slipway {string.Join(' ', arguments)} ended with {code}:\n{output}\n{error}\n--- server:\n{Output}");
        return output;
    }

    /// <summary>Pushes a package made of the given files and waits until it is live.</summary>
    public async Task<string> PushAsync(string name, IReadOnlyDictionary<string, string> files, params string[] arguments) =>
        await MustAsync(["push", WritePackage(name, files), "--name", name, "--wait", .. arguments]);

    /// <summary>Writes a package folder.</summary>
    public string WritePackage(string name, IReadOnlyDictionary<string, string> files)
    {
        var folder = Path.Combine(home, "packages", $"{name}-{Guid.NewGuid():N}");
        foreach (var (path, content) in files)
        {
            var file = Path.Combine(folder, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, content);
        }

        return folder;
    }

    public async Task<JsonElement> GetAsync(string path)
    {
        using var response = await Client.GetAsync(path);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"GET {path}: {(int)response.StatusCode} {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    public async Task<HttpResponseMessage> PredictAsync(string environment, string name, string json) =>
        await Client.PostAsync($"/{environment}/models/{name}", new StringContent(json, Encoding.UTF8, "application/json"));

    /// <summary>Pids of the deployment's replicas that are ready.</summary>
    public async Task<int[]> ReadyPidsAsync(string environment, string name) =>
        [.. (await GetAsync($"/api/v1/deployments/{environment}/{name}/replicas")).GetProperty("items").EnumerateArray()
            .Where(r => r.GetProperty("state").GetString() == "ready").Select(r => r.GetProperty("pid").GetInt32()).Order()];

    /// <summary>A clean stop, as Ctrl-C makes it.</summary>
    public async Task StopAsync()
    {
        if (!process.HasExited)
        {
            using var kill = Process.Start("/bin/kill", ["-TERM", Pid.ToString()]);
            await kill.WaitForExitAsync();
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            await process.WaitForExitAsync(patience.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Client.Dispose();
        var left = ProcessesOf(DataFolder);
        foreach (var (pid, _) in left)
        {
            using var kill = Process.Start("/bin/kill", ["-KILL", pid.ToString()]);
            await kill.WaitForExitAsync();
        }

        Directory.Delete(home, recursive: true);
        Assert.True(left.Count == 0, $"Processes left behind: {string.Join(", ", left.Select(p => $"{p.Pid} {p.Command}"))}\n{Output}");
    }

    /// <summary>Pids of the living processes that work in the folder of a replica (<c>run/r-…</c>), known to the server or not.</summary>
    public int[] ReplicaProcesses() =>
        [.. ProcessesOf(DataFolder).Where(p => new DirectoryInfo($"/proc/{p.Pid}/cwd").LinkTarget is { } cwd && Path.GetFileName(cwd).StartsWith("r-", StringComparison.Ordinal))
            .Select(p => p.Pid).Order()];

    /// <summary>Living processes whose command line or working folder lies in <paramref name="folder"/>.</summary>
    public static List<(int Pid, string Command)> ProcessesOf(string folder)
    {
        var found = new List<(int, string)>();
        foreach (var entry in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(entry), out var pid))
            {
                continue;
            }

            try
            {
                var command = File.ReadAllText(Path.Combine(entry, "cmdline")).Replace('\0', ' ');
                var cwd = new DirectoryInfo(Path.Combine(entry, "cwd")).LinkTarget ?? "";
                var zombie = File.ReadAllText(Path.Combine(entry, "stat")).Split(") ")[^1].StartsWith('Z');
                if (!zombie && (command.Contains(folder, StringComparison.Ordinal) || cwd.StartsWith(folder, StringComparison.Ordinal)))
                {
                    found.Add((pid, command));
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // It ended while we looked.
            }
        }

        return found;
    }

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Slipway.slnx")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests run inside the source tree.");
        }

        return folder.FullName;
    }

    private void Launch(string[] arguments)
    {
        process = Start(["up", "--data", DataFolder, "--port", port.ToString(), .. postgreSql is null ? Array.Empty<string>() : ["--postgresql", postgreSql], .. arguments], isServer: true);
        process.OutputDataReceived += (_, e) => Append(e.Data);
        process.ErrorDataReceived += (_, e) => Append(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    internal Process Start(string[] arguments, bool isServer = false)
    {
        var (program, all) = isServer && Group is not null
            ? ("/bin/sh", ["-c", "echo $$ > \"$0/cgroup.procs\" && exec \"$@\"", Group, Program, .. arguments])
            : (Program, arguments);
        var start = new ProcessStartInfo(program, all) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, UseShellExecute = false };
        start.Environment["XDG_CONFIG_HOME"] = Path.Combine(home, "config");
        start.Environment["SLIPWAY_DATA"] = DataFolder;
        start.Environment.Remove("SLIPWAY_URL");
        start.Environment.Remove("SLIPWAY_API_KEY");
        foreach (var (name, value) in isServer ? Variables : [])
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    /// <summary>Starts the program with its demo, and waits until it has printed a text.</summary>
    public static async Task<SlipwayProcess> DemoAsync(string text)
    {
        var slipway = await StartAsync(null, "--demo");
        await Eventually.TrueAsync(
            () =>
            {
                Assert.False(slipway.process.HasExited, $"slipway up has ended:\n{slipway.Output}");
                return Task.FromResult(slipway.Output.Contains(text, StringComparison.Ordinal));
            },
            "the demo is live", TimeSpan.FromMinutes(1), () => slipway.Output);
        return slipway;
    }

    private void Append(string? line)
    {
        lock (log)
        {
            log.AppendLine(line);
        }
    }
}
