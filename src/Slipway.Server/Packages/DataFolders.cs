using Microsoft.Extensions.Options;

namespace Slipway.Server.Packages;

/// <summary>Where Packages keeps what can be made again, below the data folder. Models read there as an unprivileged user.</summary>
internal sealed class DataFolders
{
    /// <summary>Name of pip's cache among the environments.</summary>
    public const string PipCache = ".pip-cache";

    public DataFolders(IOptions<ServerOptions> options)
    {
        var root = options.Value.DataFolder;
        Packages = Path.Combine(root, "packages");
        Environments = Path.Combine(root, "environments");
        Builds = Path.Combine(root, "builds");
        PackageFiles.CreateReadable(Packages);
        PackageFiles.CreateReadable(Environments);
        PackageFiles.CreateReadable(Builds);
    }

    /// <summary>Unpacked packages, by the version's digest.</summary>
    public string Packages { get; }

    /// <summary>Python environments, by digest of lock and interpreter.</summary>
    public string Environments { get; }

    /// <summary>Logs of builds, by id.</summary>
    public string Builds { get; }

    public string PackageOf(string digest) => Path.Combine(Packages, digest);

    public string LogOf(Guid build) => Path.Combine(Builds, $"{build}.log");
}
