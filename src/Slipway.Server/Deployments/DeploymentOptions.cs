using System.ComponentModel.DataAnnotations;

namespace Slipway.Server.Deployments;

/// <summary>Configuration section <c>Slipway:Deployments</c>.</summary>
internal sealed class DeploymentOptions
{
    /// <summary>CPU cores of a replica where the request does not say. Above 0; default 1.</summary>
    [Range(0.01, 1024)]
    public double DefaultCpuCores { get; set; } = 1;

    /// <summary>Memory of a replica in MiB where the request does not say. At least 32; default 1024.</summary>
    [Range(32, 1 << 24)]
    public int DefaultMemoryMib { get; set; } = 1024;

    /// <summary>Highest max_replicas of a deployment. Default 64.</summary>
    [Range(1, 1000)]
    public int MaxReplicas { get; set; } = 64;

    /// <summary>Deadline of a request where the deployment does not say. Default 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan DefaultTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Requests that may wait for a replica of one set; one more is refused with 429. Default 1,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxQueue { get; set; } = 1000;

    /// <summary>How often desired and actual state are compared when nothing says that they changed. Default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "00:01:00")]
    public TimeSpan Pace { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>After this long without a report a gateway counts as gone: nobody routes by an old table then. Default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan GatewaySilence { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Longest wait, before something is told as ready or live, for the gateway to answer by it. It takes milliseconds. Default 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan RoutesWait { get; set; } = TimeSpan.FromSeconds(2);
}
