using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Registry;
using Slipway.Server.Artifacts;
using Slipway.Server.Registry.Uploads;

namespace Slipway.Server.Packages;

/// <summary>
/// Makes a version of an upload or of an artifact of a run, if its package can be taken. A package that is refused, and a dry run, leave nothing: the upload ends with them.
/// </summary>
internal sealed class PushVersion(
    FindModels models, FindUpload uploads, FindRunSource runs, GiveUpUpload giveUp, InspectPackage inspect, CreateVersion create, IArtifactStore store, TimeProvider time)
{
    /// <returns>
    /// The version (of a dry run: what it would be, with number 0); model_not_found, upload_not_found, upload_incomplete, label_taken, invalid_field, or a refusal of
    /// <see cref="FindRunSource"/> or
    /// <see cref="InspectPackage"/>.
    /// </returns>
    public async Task<Result<ModelVersionInfo>> RunAsync(string model, CreateVersionRequest request, Actor by, CancellationToken cancellationToken)
    {
        if (CreateVersion.Check(request) is { } wrong)
        {
            return wrong;
        }

        // Of a run, making the version asks for the model as well; only who is refused before that is told of the model first.
        if (request is { DryRun: false, SourceRunId: null } && (await models.ExistsAsync(model, cancellationToken)).Refusal is { } missing)
        {
            return missing;
        }

        var found = await SourceAsync(request, by, cancellationToken);
        if (found.Refusal is { } refusal)
        {
            return await NotForModelAsync(model, request, refusal, cancellationToken);
        }

        var source = found.Value;
        var package = await inspect.RunAsync(PackageFiles.Of(store, source), cancellationToken);
        if (package.IsRefused || request.DryRun)
        {
            if (source.UploadId is { } upload)
            {
                await giveUp.RemoveAsync(upload, CancellationToken.None);
            }

            return package.Refusal is { } bad ? await NotForModelAsync(model, request, bad, cancellationToken) : Preview(model, source, request, package.Value, by);
        }

        return await create.RunAsync(model, source, request, package.Value, by, cancellationToken);
    }

    private async Task<Refusal> NotForModelAsync(string model, CreateVersionRequest request, Refusal refusal, CancellationToken cancellationToken) =>
        request.DryRun ? refusal : (await models.ExistsAsync(model, cancellationToken)).Refusal ?? refusal;

    private async Task<Result<VersionSource>> SourceAsync(CreateVersionRequest request, Actor by, CancellationToken cancellationToken)
    {
        if (request.SourceRunId is { } run)
        {
            return await runs.RunAsync(run, request.ArtifactPath!, cancellationToken);
        }

        var upload = await uploads.CompleteAsync(request.UploadId!, by, cancellationToken);
        return upload.Refusal is { } refusal ? refusal : VersionSource.Of(upload.Value);
    }

    private ModelVersionInfo Preview(string model, VersionSource source, CreateVersionRequest request, PackageFacts package, Actor by)
    {
        var version = CreateVersion.Of(Guid.Empty, Guid.Empty, 0, source, CreateVersion.DigestOf(source.Files), request, package, by, time.GetUtcNow());
        return FindVersions.ToInfo(model, version, []);
    }
}
