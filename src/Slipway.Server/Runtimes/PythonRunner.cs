using Microsoft.Extensions.Options;
using Slipway.Server.Platform;

namespace Slipway.Server.Runtimes;

/// <summary>The Python runner's code, as replicas and jobs find it.</summary>
internal sealed class PythonRunner(IOptions<ServerOptions> server)
{
    private const string Package = "slipway_runner";

    private readonly SemaphoreSlim gate = new(1);
    private readonly HashSet<string> compiled = [];
    private (string Folder, string Digest)? copied;

    /// <summary>Makes sure that the copy is there, and compiled for this interpreter.</summary>
    /// <returns>The folder for <c>PYTHONPATH</c>, and the digest of the code.</returns>
    /// <exception cref="IOException">The runner was not found, or there is no space.</exception>
    public async Task<(string Folder, string Digest)> EnsureAsync(string interpreter, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            copied ??= PythonCode.Copy(Source(), Package, server.Value.DataFolder);
            if (compiled.Add(interpreter))
            {
                var request = new SpawnRequest { Program = interpreter, Arguments = ["-s", "-m", "compileall", "-q", copied.Value.Folder], WorkingFolder = "/" };
                await Spawn.RunAsync(request, TimeSpan.FromMinutes(1), cancellationToken);   // without it the runner works, and starts more slowly
            }

            return copied.Value;
        }
        finally
        {
            gate.Release();
        }
    }

    private string Source()
    {
        if (server.Value.RunnerFolder is { } configured)
        {
            return PythonCode.Has(configured, Package) ? configured : throw new IOException("The configured RunnerFolder does not hold the Python runner.");
        }

        return PythonCode.FindBesideProgram(Path.Combine("runtimes", "python"), Package)
            ?? throw new IOException("The Python runner was not found beside the program; set Slipway:RunnerFolder.");
    }
}
