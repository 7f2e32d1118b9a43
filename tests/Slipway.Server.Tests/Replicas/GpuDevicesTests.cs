using Microsoft.Extensions.DependencyInjection;
using Slipway.Server.Platform;
using Slipway.Server.Replicas;
using Slipway.Server.Runtimes;

namespace Slipway.Server.Tests.Replicas;

/// <summary>Devices on a machine whose driver says that it has two; the processes are real.</summary>
public sealed class GpuDevicesTests
{
    [Fact]
    public async Task Each_replica_sees_its_own_device_and_one_too_many_does_not_start()
    {
        var folder = Directory.CreateTempSubdirectory("slipway-gpus-");
        try
        {
            var tool = Path.Combine(folder.FullName, "smi");
            await File.WriteAllTextAsync(tool, "#!/bin/sh\n[ \"$1\" = --query-gpu=index,utilization.gpu ] && printf '0, 80\\n1, [N/A]\\n'\n");
            File.SetUnixFileMode(tool, UnixFileMode.UserRead | UnixFileMode.UserExecute);
            var drivers = Directory.CreateDirectory(Path.Combine(folder.FullName, "drivers")).FullName;
            foreach (var bus in new[] { "0000:01:00.0", "0000:02:00.0" })
            {
                Directory.CreateDirectory(Path.Combine(drivers, bus));
                await File.WriteAllTextAsync(Path.Combine(drivers, bus, "information"), "Model: \t\t Tesla T4\n");
            }

            await using var host = await ReplicaHost.StartAsync(services: s => s.Configure<RuntimesOptions>(o => (o.GpuFolder, o.GpuTool) = (drivers, tool)));
            var spec = await host.GivenModelAsync("import os\nclass Model:\n    def predict(self, x):\n        return os.environ.get('CUDA_VISIBLE_DEVICES')\n");
            spec = spec with { GpuCount = 1, GpuType = "T4" };
            await host.ApplyAsync(spec, 3);
            var seen = await host.UntilAsync(spec, s => s.Ready == 2 && s.LastExit is not null, "two have one each, the third cannot start");
            Assert.Contains("this machine has 2 T4", seen.LastExit!.Detail, StringComparison.Ordinal);
            await using var db = host.Services.GetRequiredService<Database>().Read();
            var given = db.Set<ReplicaRow>().Where(r => r.State == ReplicaState.Ready).Select(r => r.Gpus).ToList();
            Assert.Equal(["0", "1"], given.Order());
            var told = new List<string>();
            foreach (var replica in seen.Replicas.Where(r => r.State == ReplicaState.Ready))
            {
                await using var call = await GatewayCall.StartAsync(replica, "1", host.Services);
                told.Add(await call.AnswerAsync());
                Assert.Equal("advisory", replica.Limits["gpu"]);
            }

            Assert.Equal(["\"0\"", "\"1\""], told.Order());

            // How busy each is comes with its replica; a device that does not tell is not known.
            await host.UntilAsync(
                spec, s => s.Replicas.Where(r => r.State == ReplicaState.Ready).Select(r => r.GpuPercent).OrderBy(p => p ?? -1).SequenceEqual([null, 80.0]), "one is 80 % busy, of the other nobody knows");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
