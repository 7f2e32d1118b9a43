using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.Server.Platform;
using Slipway.Server.Runtimes;

namespace Slipway.Server.Replicas;

/// <summary>
/// The warm parents: one process per Python environment (and user) that has imported what packages need and forks replicas. Started on demand, adopted after a crash
/// of the server as replicas are, ended by themselves when idle.
/// </summary>
internal sealed class WarmParents(
    Database database, Writes writes, ReplicaFolders folders, PythonRunner runner, IOptions<ReplicasOptions> options, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, SemaphoreSlim> gates = [];

    /// <summary>Starts a replica in its prepared folder.</summary>
    /// <exception cref="ReplicaStartException">With the reason. Whatever was started may still be there; the caller abandons the folder.</exception>
    /// <param name="secrets">Values that the process gets; the parent keeps none.</param>
    public async Task<SpawnedProcess> SpawnAsync(
        ReplicaSetSpec spec, SpawnUser? user, string replicaFolder, IReadOnlyDictionary<string, string> secrets, CancellationToken cancellationToken)
    {
        var parent = await EnsureAsync(spec, user, cancellationToken);
        var request = new ParentRequest("spawn", parent.Token, folders.PathOf(replicaFolder), spec.Launch.Fork, secrets.Count == 0 ? null : secrets);
        var answer = await AskAsync(parent, request, options.Value.SpawnTimeout, cancellationToken)
            ?? throw new ReplicaStartException(LastWords(parent.Folder) ?? "The warm parent of its Python environment ended while it started the replica.");
        if (answer.Pid is not { } pid || answer.StartTime is not { } start)
        {
            throw new ReplicaStartException(answer.Error ?? "The warm parent did not start the replica.");
        }

        return new SpawnedProcess(pid, start);
    }

    /// <summary>Ends all parents; their children are left alone. For the clean stop of the server.</summary>
    public async Task EndAllAsync(CancellationToken cancellationToken)
    {
        foreach (var parent in await ReadAllAsync(cancellationToken))
        {
            if (Process(parent) is { IsAlive: true } process)
            {
                await AskAsync(parent, new ParentRequest("end", parent.Token), TimeSpan.FromSeconds(2), cancellationToken);
                for (var i = 0; process.IsAlive && i < 40; i++)
                {
                    await Task.Delay(50, cancellationToken);
                }

                process.Signal(SpawnPosix.SigKill);
            }

            await ForgetAsync(parent, cancellationToken);
        }
    }

    /// <summary>Forgets parents that have ended.</summary>
    /// <returns>Folders of the others, and of those that are being started.</returns>
    public async Task<IReadOnlySet<string>> SweepAsync(CancellationToken cancellationToken)
    {
        var kept = new HashSet<string>();
        foreach (var parent in await ReadAllAsync(cancellationToken))
        {
            var gate = Gate(parent.Key);
            if (!await gate.WaitAsync(0, cancellationToken))
            {
                kept.Add(parent.Folder);   // somebody is starting it
                continue;
            }

            try
            {
                if (Process(parent) is { IsAlive: true })
                {
                    kept.Add(parent.Folder);
                }
                else
                {
                    await ForgetAsync(parent, cancellationToken);
                }
            }
            finally
            {
                gate.Release();
            }
        }

        return kept;
    }

    private async Task<WarmParentRow> EnsureAsync(ReplicaSetSpec spec, SpawnUser? user, CancellationToken cancellationToken)
    {
        var (runnerFolder, runnerDigest) = await runner.EnsureAsync(spec.Launch.Interpreter, cancellationToken);
        var threads = Math.Max(1, (int)Math.Ceiling(spec.CpuCores));
        var key = KeyOf(spec.Launch, runnerDigest, threads, user);
        var gate = Gate(key);
        await gate.WaitAsync(cancellationToken);
        try
        {
            await using (var db = database.Read())
            {
                if (await db.Set<WarmParentRow>().SingleOrDefaultAsync(p => p.Key == key, cancellationToken) is { } stored)
                {
                    if ((Process(stored) ?? folders.FindProcess(stored.Folder, stored.UserId)) is { IsAlive: true } process)
                    {
                        return stored.Pid is null ? await StoreProcessAsync(stored, process, cancellationToken) : stored;
                    }

                    await ForgetAsync(stored, cancellationToken);
                }
            }

            return await StartAsync(spec, user, key, runnerFolder, threads, cancellationToken);
        }
        finally
        {
            gate.Release();
        }
    }

    private async Task<WarmParentRow> StartAsync(
        ReplicaSetSpec spec, SpawnUser? user, string key, string runnerFolder, int threads, CancellationToken cancellationToken)
    {
        var row = new WarmParentRow
        {
            Key = key, Folder = ReplicaFolders.NewName('p'), Token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24)), UserId = user?.UserId,
            StartedAt = time.GetUtcNow(),
        };
        await writes.RunAsync(
            (db, _) =>
            {
                db.Add(row);
                return Task.FromResult(Result.Done);
            },
            cancellationToken);
        var folder = folders.Make(row.Folder, user);
        folders.Write(
            row.Folder, "parent.json", new ParentFile(row.Token, spec.Launch.SitePackages, options.Value.ParentIdleTimeout.TotalSeconds), ReplicasJson.Default.ParentFile, user);
        var request = new SpawnRequest
        {
            Program = spec.Launch.Interpreter,
            Arguments = ["-s", "-m", "slipway_runner", "parent", "--folder", folder, "--imports", string.Join(',', spec.Launch.Imports)],
            WorkingFolder = folder,
            User = user,
            Environment = new Dictionary<string, string>
            {
                ["PYTHONPATH"] = runnerFolder,
                ["OMP_NUM_THREADS"] = $"{threads}", ["OPENBLAS_NUM_THREADS"] = $"{threads}", ["MKL_NUM_THREADS"] = $"{threads}",
            },
        };
        SpawnedProcess process;
        try
        {
            process = await Spawn.StartAsync(request, Path.Combine(folder, "parent.log"), cancellationToken);
        }
        catch (IOException exception)
        {
            throw new ReplicaStartException(LastWords(row.Folder) ?? exception.Message);
        }

        return await StoreProcessAsync(row, process, cancellationToken);
    }

    private async Task<WarmParentRow> StoreProcessAsync(WarmParentRow row, SpawnedProcess process, CancellationToken cancellationToken)
    {
        (row.Pid, row.StartTimeTicks) = (process.Pid, process.StartTimeTicks);
        await writes.RunAsync(
            async (db, token) =>
            {
                await db.Set<WarmParentRow>().Where(p => p.Key == row.Key).ExecuteUpdateAsync(
                    s => s.SetProperty(p => p.Pid, process.Pid).SetProperty(p => p.StartTimeTicks, process.StartTimeTicks), token);
                return Result.Done;
            },
            cancellationToken);
        return row;
    }

    /// <summary>One request; waits for the parent to listen and for its imports.</summary>
    /// <returns>Null when the parent has ended.</returns>
    private async Task<ParentAnswer?> AskAsync(WarmParentRow parent, ParentRequest request, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            while (Process(parent) is { IsAlive: true })
            {
                try
                {
                    using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(folders.PathOf(parent.Folder), "parent.sock")), either.Token);
                    await using var stream = new NetworkStream(socket);
                    await stream.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(request, ReplicasJson.Default.ParentRequest), either.Token);
                    await stream.WriteAsync("\n"u8.ToArray(), either.Token);
                    using var reader = new StreamReader(stream);
                    return await reader.ReadLineAsync(either.Token) is { } line ? JsonSerializer.Deserialize(line, ReplicasJson.Default.ParentAnswer) : null;
                }
                catch (SocketException)
                {
                    await Task.Delay(10, either.Token);   // not listening yet
                }
            }

            return null;
        }
        catch (Exception exception) when (exception is IOException or JsonException)
        {
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new ParentAnswer(null, null, $"The warm parent of its Python environment did not answer within {limit.TotalSeconds:0} s.", "timeout", null);
        }
    }

    private async Task ForgetAsync(WarmParentRow parent, CancellationToken cancellationToken)
    {
        folders.Abandon(parent.Folder, parent.UserId);
        await writes.RunAsync(
            async (db, token) =>
            {
                await db.Set<WarmParentRow>().Where(p => p.Key == parent.Key && p.Folder == parent.Folder).ExecuteDeleteAsync(token);
                return Result.Done;
            },
            cancellationToken);
    }

    private async Task<List<WarmParentRow>> ReadAllAsync(CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        return await db.Set<WarmParentRow>().ToListAsync(cancellationToken);
    }

    private string? LastWords(string folder) =>
        SpawnPosix.ReadUntrusted(Path.Combine(folders.PathOf(folder), "parent.log"), 1 << 20) is { } bytes
        && Encoding.UTF8.GetString(bytes).TrimEnd().Split('\n')[^1] is { Length: > 0 } line ? $"The warm parent ended: {line}" : null;

    private SemaphoreSlim Gate(string key) => gates.GetOrAdd(key, _ => new SemaphoreSlim(1));

    private static SpawnedProcess? Process(WarmParentRow parent) =>
        parent is { Pid: { } pid, StartTimeTicks: { } start } ? new SpawnedProcess(pid, start) : null;

    private static string KeyOf(RuntimeLaunch launch, string runner, int threads, SpawnUser? user)
    {
        var text = string.Join('\n', [launch.Interpreter, runner, $"{threads}", $"{user?.UserId}", .. launch.SitePackages, "imports", .. launch.Imports]);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..32];
    }
}

/// <summary>A replica could not be started; the message is a sentence for a person.</summary>
internal sealed class ReplicaStartException(string message) : Exception(message);
