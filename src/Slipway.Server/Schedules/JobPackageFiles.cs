using Microsoft.EntityFrameworkCore;
using Microsoft.Net.Http.Headers;
using Slipway.Server.Artifacts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Schedules;

/// <summary>Hands out the files of the package that a schedule runs now, so that what it does can be read and edited.</summary>
internal sealed class JobPackageFiles(Database database, IArtifactStore store)
{
    /// <returns>One file; <c>schedule_not_found</c> or <c>file_not_found</c>.</returns>
    public async Task<IResult> DownloadAsync(string schedule, string path, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        var packages = db.Set<Schedule>().Where(s => s.ProjectId == Project.Default && s.Name == schedule).Select(s => (Guid?)s.PackageId);
        if (await packages.SingleOrDefaultAsync(cancellationToken) is not { } package)
        {
            return ScheduleRefusals.NotFound(schedule).ToProblem();
        }

        var file = path.Contains('\0', StringComparison.Ordinal)
            ? null
            : await db.Set<JobPackageFile>().SingleOrDefaultAsync(f => f.PackageId == package && f.Path == path, cancellationToken);
        if (file is null)
        {
            return ScheduleRefusals.FileNotFound(schedule).ToProblem();
        }

        // Always an attachment of unknown type: what a package holds must not run in a browser as a page of ours.
        return Results.Stream(
            store.Open(Digest.Parse(file.Sha256)), "application/octet-stream", path[(path.LastIndexOf('/') + 1)..], entityTag: new EntityTagHeaderValue($"\"{file.Sha256}\""));
    }
}
