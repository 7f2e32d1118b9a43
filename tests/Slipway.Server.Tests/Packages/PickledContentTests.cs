using Slipway.Contracts;
using Slipway.Server.Packages;
using Slipway.Server.Tests.Registry;
using Slipway.Testing;

namespace Slipway.Server.Tests.Packages;

public sealed class PickledContentTests
{
    // Written by CPython 3.11: pickle.dumps(VALUE, PROTOCOL)[:48].
    [Theory]
    [InlineData("gASVCgAAAAAAAAB9lIwBYZRLAXMu", "dictionary")]                                             // {"a": 1}
    [InlineData("gAN9cQBYAQAAAGFxAUsBcy4=", "dictionary")]                                                  // the same, protocol 3
    [InlineData("gASVKQAAAAAAAACMC2NvbGxlY3Rpb25zlIwLT3JkZXJlZERpY3SUk5QpUpSMAWGUSwFzLg==", "dictionary")]   // OrderedDict(a=1)
    [InlineData("gANjY29sbGVjdGlvbnMKT3JkZXJlZERpY3QKcQApUnEBWAEAAABhcQJLAXMu", "dictionary")]               // the same, protocol 3
    [InlineData("gASVCQAAAAAAAABdlChLAUsCZS4=", "list")]                                                    // [1, 2]
    [InlineData("gARLBS4=", "single value")]                                                                // 5
    [InlineData("UEsDBBQAAAAA", "PyTorch")]
    [InlineData("", "empty")]
    [InlineData("gASVKgAAAAAAAACMCGRhdGV0aW1llIwIZGF0ZXRpbWWUk5RDCgfqCxsAAAAAAACUhZRSlC4=", null)]           // an object of a class
    [InlineData("eJxLYUhNzi9KBQAKmAKk", null)]                                                               // compressed
    [InlineData("Z2FyYmFnZQ==", null)]
    public void What_cannot_be_an_estimator_is_seen_from_its_first_bytes(string base64, string? why)
    {
        var found = PickledContent.WhyNoEstimator(Convert.FromBase64String(base64));
        Assert.True(why is null ? found is null : found?.Contains(why, StringComparison.Ordinal) == true, found);
    }

    [Theory]
    [InlineData("model.pt", "weights")]
    [InlineData("weights/model.safetensors", "weights")]
    [InlineData("notes.txt", "It has no code")]
    [InlineData("model.pkl", "is empty")]
    public async Task Content_that_cannot_run_is_registered_and_says_why(string file, string why)
    {
        await using var server = await TestServer.StartAsync();
        var version = await server.Client.PushedAsync("m", (file, file == "model.pkl" ? "" : "PK and more"));
        Assert.False(version.Runnable);
        Assert.Contains(why, version.NotRunnableReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_input_example_beside_the_model_is_kept()
    {
        await using var server = await TestServer.StartAsync();
        var version = await server.Client.PushedAsync("m", ("model.py", "def predict(x): return x"), ("input_example.json", "[[1, 2]]"));
        Assert.Equal("[[1,2]]", version.ExampleInput!.Value.GetRawText());
        Assert.Null((await server.Client.PushedAsync("m", ("model.py", "def predict(x): return x"), ("input_example.json", "no JSON"))).ExampleInput);
    }
}
