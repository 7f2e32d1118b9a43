using System.Diagnostics;

namespace Slipway.Server.Platform;

/// <summary>
/// The one way to start a child process: absolute program, scrubbed environment, own working folder, own session, resource limits, user, and
/// <c>no_new_privs</c>. Everything is set up by a chain of <c>exec</c>, so the pid is the program's own.
/// </summary>
internal static class Spawn
{
    /// <summary>Longest output of a tool that is kept, per stream.</summary>
    public const int DefaultOutputBytes = 1 << 20;

    private const string Path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>Whether a child can be given to another user on this machine.</summary>
    public static bool CanChangeUser => SpawnPosix.IsRoot && Find("setpriv") is not null;

    /// <summary>
    /// Starts a process that outlives the server: its output is appended to a file (never a pipe, whose reader could die) and it is in its own session.
    /// </summary>
    /// <param name="logFile">Absolute; made by the server's user when absent.</param>
    /// <exception cref="IOException">The log file could not be opened or the program not started.</exception>
    public static async Task<SpawnedProcess> StartAsync(SpawnRequest request, string logFile, CancellationToken cancellationToken)
    {
        using var process = await StartToLogAsync(request, logFile, cancellationToken);
        return SpawnedProcess.Find(process.Id) ?? throw new IOException("The process ended as soon as it was started.");
    }

    /// <summary>As <see cref="StartAsync"/>, and tells the end: its exit code, or 128 and the signal that ended it. That is known only while this server lives, which is its parent.</summary>
    public static async Task<(SpawnedProcess Process, Task<int> Ended)> StartChildAsync(SpawnRequest request, string logFile, CancellationToken cancellationToken)
    {
        var process = await StartToLogAsync(request, logFile, cancellationToken);
        var ended = EndAsync(process);
        return (SpawnedProcess.Find(process.Id) ?? throw new IOException("The process ended as soon as it was started."), ended);

        static async Task<int> EndAsync(Process child)
        {
            using (child)
            {
                await child.WaitForExitAsync();
                return child.ExitCode;
            }
        }
    }

    /// <summary>Runs a tool to its end with its output appended to a file, such as a build log that others follow.</summary>
    /// <returns>Empty texts; the output is in the file.</returns>
    public static async Task<ToolResult> RunToLogAsync(SpawnRequest request, string logFile, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var process = await StartToLogAsync(request, logFile, cancellationToken);
        var timedOut = await WaitAsync(process, limit, cancellationToken);
        return new ToolResult(process.ExitCode, "", "", timedOut);
    }

    /// <summary>Runs a short tool to its end and keeps what it printed. Its whole process group is killed at the limit, on cancellation, and after its end.</summary>
    public static async Task<ToolResult> RunAsync(
        SpawnRequest request, TimeSpan limit, CancellationToken cancellationToken, int outputBytes = DefaultOutputBytes)
    {
        using var process = StartPiped(request, []);
        process.StandardInput.Close();
        var output = ReadBoundedAsync(process.StandardOutput.BaseStream, outputBytes);
        var error = ReadBoundedAsync(process.StandardError.BaseStream, outputBytes);
        var timedOut = await WaitAsync(process, limit, cancellationToken);
        return new ToolResult(process.ExitCode, await output, await error, timedOut);
    }

    private static async Task<Process> StartToLogAsync(SpawnRequest request, string logFile, CancellationToken cancellationToken)
    {
        // $0 is the log file. What the shell itself has to say comes through the pipe, which ends when the redirection is done.
        var process = StartPiped(request, ["/bin/sh", "-c", "exec >>\"$0\" 2>&1 </dev/null; exec \"$@\"", logFile]);
        try
        {
            process.StandardInput.Close();
            var complaint = await process.StandardError.ReadToEndAsync(cancellationToken);
            if (complaint.Length > 0)
            {
                throw new IOException("The log file of a process could not be opened.");
            }

            return process;
        }
        catch
        {
            KillAll(process.Id);
            process.Dispose();
            throw;
        }
    }

    private static Process StartPiped(SpawnRequest request, string[] before)
    {
        if (!System.IO.Path.IsPathFullyQualified(request.Program) || !System.IO.Path.IsPathFullyQualified(request.WorkingFolder))
        {
            throw new ArgumentException("Program and working folder of a process are absolute.", nameof(request));
        }

        string[] chain = [.. before, .. Chain(request), request.Program, .. request.Arguments];
        var start = new ProcessStartInfo(chain[0], chain[1..])
        {
            WorkingDirectory = request.WorkingFolder,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = Path;
        start.Environment["LANG"] = "C.UTF-8";
        start.Environment["HOME"] = request.WorkingFolder;
        foreach (var (name, value) in request.Environment)
        {
            start.Environment[name] = value;
        }

        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw new IOException($"A process could not be started: error {exception.NativeErrorCode}.", exception);
        }
    }

    private static IEnumerable<string> Chain(SpawnRequest request)
    {
        yield return Find("setsid") ?? throw new IOException("The program setsid (util-linux) is missing on this machine.");
        if (Find("prlimit") is { } prlimit)
        {
            yield return prlimit;
            yield return "--core=0:0";
            foreach (var limit in Limits(request.Limits))
            {
                yield return limit;
            }

            yield return "--";
        }

        if (Find("setpriv") is { } setpriv)
        {
            yield return setpriv;
            yield return "--no-new-privs";
            if (request.User is { } user)
            {
                yield return $"--reuid={user.UserId}";
                yield return $"--regid={user.GroupId}";
                yield return "--clear-groups";
            }
        }
        else if (request.User is not null)
        {
            throw new IOException("The program setpriv (util-linux) is missing on this machine.");
        }
    }

    private static IEnumerable<string> Limits(SpawnLimits limits)
    {
        (string Name, long? Value)[] all =
            [("as", limits.AddressSpaceBytes), ("fsize", limits.FileSizeBytes), ("nproc", limits.Processes), ("nofile", limits.OpenFiles)];
        return all.Where(l => l.Value is not null).Select(l => $"--{l.Name}={l.Value}:{l.Value}");
    }

    private static string? Find(string tool) => new[] { "/usr/bin/", "/bin/", "/usr/sbin/", "/sbin/" }.Select(folder => folder + tool).FirstOrDefault(File.Exists);

    /// <returns>Whether the limit passed.</returns>
    private static async Task<bool> WaitAsync(Process process, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(limit);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await process.WaitForExitAsync(either.Token).ConfigureAwait(false);
            return false;
        }
        catch (OperationCanceledException)
        {
            KillAll(process.Id);
            await process.WaitForExitAsync(CancellationToken.None);
            cancellationToken.ThrowIfCancellationRequested();
            return true;
        }
        finally
        {
            SpawnPosix.KillGroup(process.Id, SpawnPosix.SigKill);
        }
    }

    private static void KillAll(int pid)
    {
        SpawnPosix.KillGroup(pid, SpawnPosix.SigKill);
        SpawnPosix.Kill(pid, SpawnPosix.SigKill);
    }

    private static async Task<string> ReadBoundedAsync(Stream stream, int bound)
    {
        var kept = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (await stream.ReadAsync(buffer) is > 0 and var read)
        {
            kept.Write(buffer, 0, Math.Min(read, bound - (int)kept.Length));
        }

        return System.Text.Encoding.UTF8.GetString(kept.GetBuffer(), 0, (int)kept.Length);
    }
}
