using System.Text;
using System.Text.Json;
using Slipway.Contracts;
using Slipway.Server.Artifacts;
using Slipway.Server.Packages.Drafts;
using Slipway.Server.Registry;

namespace Slipway.Server.Tests.Packages;

/// <summary>What operations make of a draft, and which changes a running process cannot take.</summary>
public sealed class DraftPatchTests
{
    private const string Config = "model_name: adder\nresources:\n  cpu: \"1\"\nmodel_metadata:\n  owner: ada\n";

    private static readonly DraftContent Before = new(
        "before", [new SourceFile("config.yaml", 10, new string('c', 64)), new SourceFile("model/model.py", 5, new string('a', 64)), new SourceFile("packages/helper.py", 5, new string('b', 64))],
        JsonElement.Parse("""{"kind":"truss","module":"model/model.py","config":{"model_name":"adder"}}"""));

    [Fact]
    public void Operations_are_applied_in_their_order()
    {
        var patch = Of(Put("new.py", "1"), Put("new.py", "2"), Put("gone.py", "x"), new DraftOperation("remove", "gone.py"), new DraftOperation("remove", "packages/helper.py"), Put("packages/helper.py/x.py", "a"));
        Assert.Equal(["new.py", "packages/helper.py", "packages/helper.py/x.py"], patch.Value.Changed);
        Assert.Equal("2", Encoding.UTF8.GetString(patch.Value.Added[patch.Value.Content.Files.Single(f => f.Path == "new.py").Sha256]));
        Assert.Equal(["config.yaml", "model/model.py", "new.py", "packages/helper.py/x.py"], patch.Value.Content.Files.Select(f => f.Path));
        Assert.Equal(Before.Model.GetRawText(), patch.Value.Content.Model.GetRawText());
        Assert.Equal(64, patch.Value.Content.Digest.Length);
    }

    [Fact]
    public void Operations_that_come_to_nothing_change_nothing()
    {
        var patch = Of(Put("new.py", "1"), new DraftOperation("remove", "new.py"));
        Assert.Empty(patch.Value.Changed);
    }

    [Theory]
    [InlineData("put", "../up.py", "MQ==")]
    [InlineData("put", "/root.py", "MQ==")]
    [InlineData("put", "a.py", null)]
    [InlineData("put", "a.py", "not base 64")]
    [InlineData("put", "model/model.py/x.py", "MQ==")]   // a file cannot be a folder too
    [InlineData("remove", "no.py", null)]
    [InlineData("chmod", "model/model.py", null)]
    [InlineData("put", null, "MQ==")]
    public void A_bad_operation_is_refused_whole(string op, string? path, string? content) =>
        Assert.Equal("invalid_field", Of(Put("good.py", "1"), new DraftOperation(op, path!, content)).Refusal?.Code);

    [Theory]
    [InlineData("model_name: other\nresources:\n  cpu: \"1\"\n", null)]                             // words for people, and what the model reads itself
    [InlineData("model_name: adder\nresources:\n  cpu: \"1\"\nthreshold: 0.5\n", null)]
    [InlineData("model_name: adder\nresources:\n  cpu: \"2\"\n", "resources")]
    [InlineData("model_name: adder\n", "resources")]                                                  // taken away
    [InlineData("resources:\n  cpu: \"1\"\npython_version: py311\nrequirements: [numpy]\n", "python_version, requirements")]
    [InlineData("resources:\n  cpu: \"1\"\nlive_reload: true\n", "live_reload")]
    [InlineData("resources:\n  cpu: \"1\"\nruntime:\n  predict_concurrency: 4\n", "runtime")]
    [InlineData("resources:\n  cpu: \"1\"\nenvironment_variables:\n  A: b\n", "environment_variables")]
    public void What_a_process_is_started_with_needs_a_full_push(string config, string? named)
    {
        var patch = Of(Put("config.yaml", config));
        Assert.Equal(named is null ? null : "full_push_required", patch.Refusal?.Code);
        Assert.True(named is null || patch.Refusal!.Detail.Contains($"required: {named} of config.yaml", StringComparison.Ordinal), patch.Refusal?.Detail);
        Assert.True(named is not null || patch.Value.Content.Model.GetProperty("config").GetProperty("model_name").GetString() is { Length: > 0 });
    }

    [Fact]
    public void Requirements_and_a_missing_or_malformed_config_are_not_patched()
    {
        Assert.Equal("full_push_required", Of(Put("requirements.txt", "numpy")).Refusal?.Code);
        Assert.Equal("full_push_required", Of(new DraftOperation("remove", "config.yaml")).Refusal?.Code);
        Assert.Equal("bad_config", Of(Put("config.yaml", "a: [")).Refusal?.Code);
        Assert.Equal("invalid_field", DraftPatch.Of(Before, Config, [], new ArtifactOptions()).Refusal?.Code);
    }

    [Fact]
    public void A_package_that_becomes_too_large_is_refused()
    {
        var size = Before.Files.Sum(f => f.SizeBytes);
        Assert.Null(DraftPatch.Of(Before, Config, [Put("new.py", "1")], new ArtifactOptions { MaxPackageBytes = size + 1 }).Refusal);
        Assert.Equal(413, DraftPatch.Of(Before, Config, [Put("new.py", "12")], new ArtifactOptions { MaxPackageBytes = size + 1 }).Refusal?.Status);
    }

    private static Slipway.Server.Platform.Result<DraftPatch> Of(params DraftOperation[] operations) => DraftPatch.Of(Before, Config, operations, new ArtifactOptions());

    private static DraftOperation Put(string path, string text) => new("put", path, Convert.ToBase64String(Encoding.UTF8.GetBytes(text)));
}
