using Slipway.Server.Platform;

namespace Slipway.Server.Artifacts;

/// <summary>The store's part of <c>POST /api/v1/system/verify</c>.</summary>
internal sealed class ArtifactVerification(Database database, IArtifactStore store, BlobLocks locks, IEnumerable<IBlobUse> uses) : IVerification
{
    public async Task<VerifyPart> VerifyAsync(CancellationToken cancellationToken)
    {
        var (blobs, bytes, findings) = await VerifyStore.RunAsync(database, store, locks, uses, cancellationToken);
        return new VerifyPart(findings) { BlobsChecked = blobs, BytesChecked = bytes };
    }
}
