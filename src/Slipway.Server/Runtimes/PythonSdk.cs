using Microsoft.Extensions.Options;

namespace Slipway.Server.Runtimes;

/// <summary>The Python SDK as training jobs import it: the one that belongs to this server.</summary>
internal sealed class PythonSdk(IOptions<ServerOptions> server)
{
    private const string Package = "slipway";
    private readonly Lock gate = new();
    private string? copied;

    /// <returns>The folder for <c>PYTHONPATH</c>; null when the program came without the SDK.</returns>
    /// <exception cref="IOException">There is no space.</exception>
    public string? Ensure()
    {
        lock (gate)
        {
            return copied ??= (server.Value.SdkFolder ?? PythonCode.FindBesideProgram(Path.Combine("sdk", "python"), Package)) is { } source && PythonCode.Has(source, Package)
                ? PythonCode.Copy(source, Package, server.Value.DataFolder).Folder
                : null;
        }
    }
}
