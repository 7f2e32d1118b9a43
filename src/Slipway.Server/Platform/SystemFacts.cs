using Slipway.Contracts;

namespace Slipway.Server.Platform;

/// <summary>What features contribute to <c>GET /api/v1/system</c>. Each fills in what it knows; the rest keeps its value.</summary>
internal sealed class SystemFacts
{
    /// <summary>Which isolation is in force for model code, in words.</summary>
    public string Isolation { get; set; } = "unknown";

    /// <summary>The server's epoch, as replicas know it.</summary>
    public long Epoch { get; set; }

    /// <summary>Models inside the gateway's process.</summary>
    public HostedModelsInfo Hosted { get; set; } = new(0, 0, 0);

    public long HistoryBytes { get; set; }

    public long HistoryDropped { get; set; }

    public List<LimitSupport> Limits { get; } = [];

    public List<BaseImageInfo> BaseImages { get; } = [];
}

/// <summary>A feature's part of the system status. Register any number: <c>services.AddSingleton&lt;ISystemFact, X&gt;()</c>.</summary>
internal interface ISystemFact
{
    /// <summary>Adds what the feature knows; answers from memory, at once.</summary>
    void AddTo(SystemFacts facts);
}

/// <summary>What one feature found when it verified itself.</summary>
internal sealed record VerifyPart(IReadOnlyList<VerifyFinding> Findings)
{
    public int BlobsChecked { get; init; }

    public long BytesChecked { get; init; }

    public int AuditEntriesChecked { get; init; }
}

/// <summary>A feature's part of <c>POST /api/v1/system/verify</c>. Register any number: <c>services.AddSingleton&lt;IVerification, X&gt;()</c>.</summary>
internal interface IVerification
{
    Task<VerifyPart> VerifyAsync(CancellationToken cancellationToken);
}

/// <summary>A condition of <c>GET /health/ready</c>. Register any number: <c>services.AddSingleton&lt;IReadiness, X&gt;()</c>.</summary>
internal interface IReadiness
{
    /// <summary>Why the server cannot serve yet, in one sentence; null: it can. Answers from memory, at once.</summary>
    string? NotReadyBecause { get; }
}

/// <summary>Writes whole metric families at the time of a scrape: for what is counted anyway, so that the request path pays nothing. Register any number.</summary>
internal interface IMetricSource
{
    void Write(PrometheusText text);
}
