using System.Text.Json.Serialization;

namespace Slipway.Cli;

/// <summary>Where this person's server is and the key to it; <c>SLIPWAY_URL</c> and <c>SLIPWAY_API_KEY</c> override it.</summary>
internal sealed record Profile(string Url, string? ApiKey)
{
    public static string File => Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CONFIG_HOME") is { Length: > 0 } configured
            ? configured
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".config"),
        "slipway",
        "profile.json");

    public static Profile Load()
    {
        Profile? stored = null;
        if (System.IO.File.Exists(File))
        {
            stored = JsonSerializer.Deserialize(System.IO.File.ReadAllText(File), ProfileJson.Default.Profile);
        }

        return new Profile(
            Environment.GetEnvironmentVariable("SLIPWAY_URL") is { Length: > 0 } url ? url : stored?.Url ?? "http://127.0.0.1:7070",
            Environment.GetEnvironmentVariable("SLIPWAY_API_KEY") is { Length: > 0 } key ? key : stored?.ApiKey);
    }

    /// <summary>Writes the profile, readable by its owner only.</summary>
    public void Save()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File)!);
        var staging = File + ".new";
        using (var stream = new FileStream(staging, new FileStreamOptions
        {
            Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            JsonSerializer.Serialize(stream, this, ProfileJson.Default.Profile);
        }

        System.IO.File.Move(staging, File, overwrite: true);
    }
}

/// <summary>What a first start leaves for the command line, and takes away again.</summary>
internal sealed record FirstStart(string SignInUrl, string Key);

/// <summary>How a running server is found: <c>server.json</c> in its data folder.</summary>
internal sealed record RunningServer(string Address, int Pid);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(Profile))]
[JsonSerializable(typeof(FirstStart))]
[JsonSerializable(typeof(RunningServer))]
internal sealed partial class ProfileJson : JsonSerializerContext;
