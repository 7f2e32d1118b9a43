using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Registry;
using Slipway.Server.Artifacts;
using Slipway.Server.Registry.Uploads;

namespace Slipway.Server.Packages;

/// <summary>Makes a version of an upload, if its package can be taken. A package that is refused, and a dry run, leave nothing: the upload ends with them.</summary>
internal sealed class PushVersion(
    FindModels models, FindUpload uploads, GiveUpUpload giveUp, InspectPackage inspect, CreateVersion create, IArtifactStore store, TimeProvider time)
{
    /// <returns>
    /// The version (of a dry run: what it would be, with number 0); model_not_found, upload_not_found, upload_incomplete, label_taken, invalid_field, or a refusal of
    /// <see cref="InspectPackage"/>.
    /// </returns>
    public async Task<Result<ModelVersionInfo>> RunAsync(string model, CreateVersionRequest request, Actor by, CancellationToken cancellationToken)
    {
        if (CreateVersion.Check(request) is { } wrong)
        {
            return wrong;
        }

        if (!request.DryRun && (await models.OneAsync(model, cancellationToken)).Refusal is { } missing)
        {
            return missing;
        }

        var found = await uploads.CompleteAsync(request.UploadId, by, cancellationToken);
        if (found.Refusal is { } refusal)
        {
            return refusal;
        }

        var upload = found.Value;
        var package = await inspect.RunAsync(PackageFiles.Of(store, upload), cancellationToken);
        if (package.IsRefused || request.DryRun)
        {
            await giveUp.RemoveAsync(upload.Id, CancellationToken.None);
            return package.Refusal is { } bad ? bad : Preview(model, upload, request, package.Value, by);
        }

        return await create.RunAsync(model, upload.Id, request, package.Value, by, cancellationToken);
    }

    private ModelVersionInfo Preview(string model, Upload upload, CreateVersionRequest request, PackageFacts package, Actor by)
    {
        var version = CreateVersion.Of(Guid.Empty, Guid.Empty, 0, upload, request, package, by, time.GetUtcNow());
        return FindVersions.ToInfo(model, version, []);
    }
}
