using Slipway.Server.Gateway;

namespace Slipway.Server.Tests.Gateway;

/// <summary>Which paths the gateway takes before the router, and what it reads in them.</summary>
public sealed class PredictPathTests
{
    [Theory]
    [InlineData("/production/models/iris", "Envelope production iris 0 ")]
    [InlineData("/models/iris/predict", "Envelope  iris 0 ")]
    [InlineData("/models/iris/invocations", "Invocations  iris 0 ")]
    [InlineData("/ada/models/iris/revisions/12/invocations", "Invocations ada iris 12 ")]
    [InlineData("/v2/models/iris/infer", "OpenInference  iris 0 ")]
    [InlineData("/v2/models/iris/versions/3/infer", "OpenInference  iris 0 3")]
    [InlineData("/staging/v2/models/iris/infer", "OpenInference staging iris 0 ")]
    [InlineData("/ada/v2/models/iris/versions/@champion/infer", "OpenInference ada iris 0 @champion")]
    [InlineData("/v2/models/versions/versions/versions/infer", "OpenInference  versions 0 versions")]
    [InlineData("/v2/models/infer/infer", "OpenInference  infer 0 ")]
    public void A_predict_path_is_read(string path, string expected)
    {
        Assert.True(PredictPath.TryRead(path, out var read));
        Assert.Equal(
            expected,
            $"{read.Form} {path.Substring(1, read.ScopeLength)} {path.Substring(read.Name, read.NameLength)} {read.Revision} {path.Substring(read.Version, read.VersionLength)}");
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/v2")]
    [InlineData("/v2/models/")]
    [InlineData("/v2/models/iris")]             // metadata is the router's
    [InlineData("/v2/models/iris/ready")]
    [InlineData("/v2/models//infer")]
    [InlineData("/v2/models/iris/infer/")]
    [InlineData("/v2/models/iris/Infer")]
    [InlineData("/v2/models/iris/versions//infer")]
    [InlineData("/v2/models/iris/versions/infer")]
    [InlineData("/v2/models/iris/versions/3/4/infer")]
    [InlineData("/v2/models/iris/revisions/3/infer")]
    [InlineData("/v2/v2/models/iris/infer")]    // reserved names are no scopes
    [InlineData("/api/v2/models/iris/infer")]
    [InlineData("//v2/models/iris/infer")]
    [InlineData("/v2/repository/index")]
    [InlineData("/v2/deployments/invoke")]
    [InlineData("/models/iris/infer")]
    [InlineData("/production/models/")]
    public void Any_other_path_goes_on_to_the_router(string path) => Assert.False(PredictPath.TryRead(path, out _));

    [Fact]
    public void Random_paths_never_throw_and_what_is_read_lies_inside_them()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        string[] parts = ["v2", "models", "infer", "versions", "predict", "revisions", "invocations", "a", "", "3", "@x"];
        for (var i = 0; i < 100_000; i++)
        {
            var path = string.Concat(Enumerable.Range(0, random.Next(9)).Select(_ => (random.Next(20) == 0 ? "" : "/") + parts[random.Next(parts.Length)]));
            if (PredictPath.TryRead(path, out var read))
            {
                Assert.True(
                    read.NameLength > 0 && !path.Substring(read.Name, read.NameLength).Contains('/') && !path.Substring(1, read.ScopeLength).Contains('/')
                    && !path.Substring(read.Version, read.VersionLength).Contains('/'), $"seed {seed}: {path}");
            }
        }
    }
}
