namespace Slipway.Server.Deployments.Secrets;

/// <summary>A named value that an environment keeps for the models that run there. Its value goes to their processes and to nobody else.</summary>
internal sealed class EnvironmentSecret
{
    /// <summary>Most characters of a value: a certificate chain fits well.</summary>
    public const int LongestValue = 32_768;

    /// <summary>Most secrets of one environment.</summary>
    public const int Most = 200;

    /// <summary>A name that is deleted and set again has another id, so that its versions are never taken for those of the first.</summary>
    public Guid Id { get; set; }

    public Guid EnvironmentId { get; set; }

    public required string Name { get; set; }

    /// <summary>1, 2, …: how often it was set. What a version before the last was is not kept.</summary>
    public int Version { get; set; }

    /// <summary>The value, sealed for <see cref="Bound"/>.</summary>
    public required byte[] Value { get; set; }

    public Guid CreatedById { get; set; }

    public required string CreatedBy { get; set; }

    public required string UpdatedBy { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }

    /// <summary>What the value is sealed for: a value that is put into another row does not open.</summary>
    public string Bound => $"secret {Id}";
}
