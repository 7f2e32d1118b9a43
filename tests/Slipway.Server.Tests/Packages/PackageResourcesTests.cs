using System.Text.Json.Nodes;
using Slipway.Server.Packages;

namespace Slipway.Server.Tests.Packages;

public sealed class PackageResourcesTests
{
    [Theory]
    [InlineData("\"1\"", 1.0)]
    [InlineData("2", 2.0)]
    [InlineData("0.25", 0.25)]
    [InlineData("\"500m\"", 0.5)]
    [InlineData("\"0\"", null)]        // nothing runs on none
    [InlineData("\"-1\"", null)]
    [InlineData("\"1025\"", null)]
    [InlineData("\"500Mi\"", null)]
    [InlineData("\"1e2\"", null)]
    [InlineData("\" 1\"", null)]
    [InlineData("true", null)]
    [InlineData("[1]", null)]
    public void Cpu_is_cores_or_thousandths_of_them(string json, double? cores) => Assert.Equal(cores, PackageResources.Cpu(JsonNode.Parse(json)!));

    [Theory]
    [InlineData("\"512Mi\"", 512)]
    [InlineData("\"2Gi\"", 2048)]
    [InlineData("\"1.5Gi\"", 1536)]
    [InlineData("\"1G\"", 954)]          // 10^9 bytes, rounded up
    [InlineData("\"65536Ki\"", 64)]
    [InlineData("1073741824", 1024)]     // bare bytes
    [InlineData("\"512\"", null)]        // 512 bytes: a forgotten unit
    [InlineData("\"17Ti\"", null)]
    [InlineData("\"2GiB\"", null)]
    [InlineData("\"500m\"", null)]
    [InlineData("{}", null)]
    public void Memory_is_bytes_with_the_units_of_Kubernetes(string json, int? mebibytes) => Assert.Equal(mebibytes, PackageResources.Memory(JsonNode.Parse(json)!));
}
