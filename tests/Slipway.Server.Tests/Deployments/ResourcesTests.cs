using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Server.Deployments;
using Slipway.Server.Runtimes;
using Slipway.Testing;

namespace Slipway.Server.Tests.Deployments;

/// <summary>GPUs, storage and network of a replica.</summary>
public sealed class ResourcesTests
{
    [Fact]
    public async Task A_machine_without_GPUs_refuses_with_what_it_has()
    {
        await using var host = await DeploymentHost.StartAsync();
        var problem = await (await CreateAsync(host, ""","gpu_count":1,"gpu_type":"T4" """)).ShouldRefuseAsync(400, "invalid_field");
        if (host.Service<Gpus>().All.IsEmpty)
        {
            Assert.Equal("A replica cannot have 1 T4 here: this machine has no GPU.", problem.Errors!["gpu_count"].Single());
        }
    }

    [Theory]
    [InlineData(""","gpu_count":-1""", "gpu_count")]
    [InlineData(""","gpu_count":1""", "gpu_type")]
    [InlineData(""","gpu_count":1,"gpu_type":"abacus" """, "gpu_type")]
    [InlineData(""","gpu_type":"T4" """, "gpu_type")]
    [InlineData(""","storage_gb":-1""", "storage_gb")]
    [InlineData(""","secrets":[null]""", "secrets")]
    [InlineData(""","network_mbps":-5""", "network_mbps")]
    public async Task What_makes_no_sense_is_refused_at_its_field(string more, string field)
    {
        await using var host = await DeploymentHost.StartAsync();
        var problem = await (await CreateAsync(host, more)).ShouldRefuseAsync(400, "invalid_field");
        Assert.Contains(field, problem.Errors!.Keys);
    }

    [Fact]
    public async Task Storage_and_network_are_recorded_shown_and_make_a_new_revision()
    {
        await using var host = await DeploymentHost.StartAsync();
        var live = await host.LiveAsync(more: ""","storage_gb":20,"network_mbps":100""");
        Assert.Equal((20.0, 100, 0), (live.Live!.Variants[0].Resources.StorageGb, live.Live.Variants[0].Resources.NetworkMbps, live.Live.Variants[0].Resources.GpuCount));
        await (await host.PostAsync("revisions", """{"storage_gb":20}""")).ShouldRefuseAsync(409, "revision_unchanged");
        var rollout = await (await host.PostAsync("revisions", """{"storage_gb":50,"network_mbps":0}""")).ReadAsync<RolloutInfo>();
        await host.UntilEndedAsync(rollout);
        var after = await host.UntilAsync(d => d is { Status: "ACTIVE", Live.Number: 2 });
        Assert.Equal((50.0, null), (after.Live!.Variants[0].Resources.StorageGb, after.Live.Variants[0].Resources.NetworkMbps));
        Assert.NotEqual(live.Live.Variants[0].ReplicaSet, after.Live.Variants[0].ReplicaSet);
    }

    [Fact]
    public async Task A_machine_with_GPUs_gives_each_replica_its_own()
    {
        var folder = Directory.CreateTempSubdirectory("slipway-gpus-");
        try
        {
            foreach (var (bus, model) in new[] { ("0000:01:00.0", "Tesla T4"), ("0000:02:00.0", "NVIDIA A100-SXM4-40GB"), ("0000:03:00.0", "Tesla T4") })
            {
                Directory.CreateDirectory(Path.Combine(folder.FullName, bus));
                await File.WriteAllTextAsync(Path.Combine(folder.FullName, bus, "information"), $"Model: \t\t {model}\nIRQ:   \t\t 34\n");
            }

            var options = Microsoft.Extensions.Options.Options.Create(new RuntimesOptions { GpuFolder = folder.FullName });
            var gpus = new Gpus(options);
            Assert.Equal("1 A100_40GB, 2 T4", gpus.Sentence);
            var fields = new DeploymentFields(new DeploymentLimits(4, 1 << 20, 64));
            Assert.Equal(new ExtraResources(2, "T4"), ExtraResources.Chosen(fields, gpus, ExtraResources.None, 2, "T4", null, null));
            Assert.Null(fields.Refusal);
            ExtraResources.Chosen(fields, gpus, ExtraResources.None, 3, "T4", null, null);
            Assert.Contains("1 A100_40GB, 2 T4", fields.Refusal!.Detail, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("Tesla T4", "T4")]
    [InlineData("NVIDIA A100-SXM4-80GB", "A100")]
    [InlineData("NVIDIA A100-PCIE-40GB", "A100_40GB")]
    [InlineData("NVIDIA H100 80GB HBM3", "H100")]
    [InlineData("NVIDIA RTX PRO 6000 Blackwell Server Edition", "RTX_PRO_6000")]
    [InlineData("Quadro P400", null)]
    public void A_model_of_the_driver_is_a_kind_of_ours_or_none(string model, string? type) => Assert.Equal(type, Gpus.TypeOf(model));

    private static Task<HttpResponseMessage> CreateAsync(DeploymentHost host, string more) =>
        host.Admin.PostJsonAsync("/api/v1/deployments", $$"""{"name":"iris","model":"iris","version":"1"{{more}}}""");
}
