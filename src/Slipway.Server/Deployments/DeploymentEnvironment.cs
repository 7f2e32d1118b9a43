namespace Slipway.Server.Deployments;

/// <summary>Where deployments live. <c>development</c>, <c>staging</c> and <c>production</c> are there from the start, in this order.</summary>
internal sealed class DeploymentEnvironment
{
    public const string Development = "development";
    public const string Staging = "staging";
    public const string Production = "production";

    public Guid Id { get; set; }

    public Guid ProjectId { get; set; }

    /// <summary>Lower case; shares one name space with users, because both are the first segment of a predict route.</summary>
    public required string Name { get; set; }

    /// <summary>Position on the board and in promotion, from 0.</summary>
    public int Order { get; set; }

    /// <summary>Whether what becomes live here passes the gate of production.</summary>
    public bool Protected { get; set; }

    public DateTimeOffset CreatedAt { get; set; }
}
