using System.ComponentModel.DataAnnotations;

namespace Slipway.Server;

/// <summary>What the server must know before it starts. Configuration section <c>Slipway</c>; environment variables <c>SLIPWAY__NAME</c>.</summary>
internal sealed class ServerOptions
{
    /// <summary>Data folder, absolute: database, artifacts, history, replicas. Made when absent.</summary>
    [Required]
    public string DataFolder { get; set; } = "";

    /// <summary>Address to listen on. Default loopback; anything else is a decision of the operator.</summary>
    public string Listen { get; set; } = "127.0.0.1";

    /// <summary>Port, 0 to 65535; 0 takes a free one, which <c>server.json</c> in the data folder then names.</summary>
    [Range(0, 65535)]
    public int Port { get; set; } = 7070;

    /// <summary>PostgreSQL connection string; null: the embedded SQLite database.</summary>
    public string? PostgreSql { get; set; }

    /// <summary>How long a start waits for a PostgreSQL database that another server holds, such as one that was killed a moment ago. Default 10 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan DatabaseWait { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Host names that requests may carry; empty: loopback names and the listen address.</summary>
    public IList<string> AllowedHosts { get; set; } = [];

    /// <summary>Connections at a time, 1 to 1,000,000; one more is closed at once.</summary>
    [Range(1, 1_000_000)]
    public int MaxConnections { get; set; } = 10_000;

    /// <summary>API keys of one user that work at a time, 1 to 1,000; those of training jobs do not count. Default 5.</summary>
    [Range(1, 1000)]
    public int MaxKeysPerUser { get; set; } = 5;

    /// <summary>Host names or addresses that the server may call although they are private: webhooks and providers on the own network.</summary>
    public IList<string> AllowedPrivateHosts { get; set; } = [];

    /// <summary>Folder with the Python runner; null: found beside the program.</summary>
    public string? RunnerFolder { get; set; }

    /// <summary>Folder with the Python SDK, which training jobs import; null: found beside the program.</summary>
    public string? SdkFolder { get; set; }

    /// <summary>Folder with the program of ONNX replicas; null: found beside the program.</summary>
    public string? ReplicaFolder { get; set; }

    /// <summary>Folder with the built UI; null: found beside the program; absent: no UI.</summary>
    public string? UiFolder { get; set; }
}
