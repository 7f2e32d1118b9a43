using System.Text.Json;

namespace Slipway.Server.Platform;

/// <summary>
/// The data folder of a running server: prepared with the right modes, held by one server at a time (an advisory lock that the kernel releases when the process
/// ends, however it ends), and findable through <c>server.json</c>.
/// </summary>
internal sealed class DataFolder : IDisposable
{
    private readonly FileStream held;

    private DataFolder(string path, FileStream held)
    {
        Path = path;
        this.held = held;
    }

    public string Path { get; }

    private string ServerFile => System.IO.Path.Combine(Path, "server.json");

    /// <summary>Makes the folder where it is absent and takes it.</summary>
    /// <returns>Null when another server holds it.</returns>
    /// <remarks>The folder itself may be passed through (0711): replicas run as users of their own. What is secret in it is 0600 or below a 0700 folder.</remarks>
    public static DataFolder? TryTake(string path)
    {
        var full = System.IO.Path.GetFullPath(path);
        const UnixFileMode passThrough = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        const UnixFileMode ownFolder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        const UnixFileMode ownFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Directory.CreateDirectory(full, passThrough);
        File.SetUnixFileMode(full, passThrough);
        foreach (var secret in new[] { "artifacts", "history" })
        {
            Directory.CreateDirectory(System.IO.Path.Combine(full, secret), ownFolder);
        }

        FileStream locked;
        try
        {
            locked = Open("server.lock", FileShare.None);
        }
        catch (IOException) when (File.Exists(System.IO.Path.Combine(full, "server.lock")))
        {
            return null;
        }

        // SQLite gives its journals the mode of the database file, so the file is there with its mode before SQLite is.
        Open("slipway.db", FileShare.ReadWrite).Dispose();
        return new DataFolder(full, locked);

        FileStream Open(string file, FileShare share) => new(System.IO.Path.Combine(full, file), new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = share, UnixCreateMode = ownFile,
        });
    }

    /// <summary>Says where the server answers; written by renaming, so that readers never see half of it.</summary>
    public void Announce(string address)
    {
        var staging = ServerFile + ".new";
        using (var stream = File.Create(staging))
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("address", address);
            json.WriteNumber("pid", Environment.ProcessId);
            json.WriteEndObject();
        }

        File.Move(staging, ServerFile, overwrite: true);
    }

    public void Dispose()
    {
        File.Delete(ServerFile);
        held.Dispose();
    }
}
