namespace Slipway.Server.Runtimes;

/// <summary>Where a model runs.</summary>
internal enum Placement
{
    /// <summary>In replicas: processes of their own.</summary>
    Replica,

    /// <summary>In the gateway's process, without a wall around it: for small ONNX models that an administrator trusts.</summary>
    Gateway,
}

internal static class Placements
{
    public static string ToWire(this Placement placement) => placement == Placement.Gateway ? "gateway" : "replica";
}
