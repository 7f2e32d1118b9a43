using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Server.Packages;
using Slipway.Server.Platform;
using Slipway.Server.Registry;
using Slipway.Server.Artifacts;
using Slipway.Server.Registry.Uploads;
using Slipway.Testing;

namespace Slipway.Server.Tests.Registry;

/// <summary>What registry and packages have left behind: rows and files. (The audit trail may grow; it is a log.)</summary>
internal static class Traces
{
    public static async Task<string> OfAsync(TestServer server)
    {
        await using var db = server.Services.GetRequiredService<Database>().Read();
        var rows = new[]
        {
            await db.Set<RegisteredModel>().CountAsync(), await db.Set<ModelVersion>().CountAsync(), await db.Set<VersionFile>().CountAsync(), await db.Set<Upload>().CountAsync(),
            await db.Set<UploadedFile>().CountAsync(), await db.Set<Blob>().CountAsync(),
        };
        var files = new[] { "artifacts", "packages", "environments", "builds" }.Select(folder => Path.Combine(server.DataFolder, folder)).Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)).Select(f => Path.GetRelativePath(server.DataFolder, f)).Order();
        return $"rows {string.Join(", ", rows)}; files {string.Join(", ", files)}";
    }
}
