using Slipway.Server.Platform;

namespace Slipway.Server.Registry.Artifacts;

/// <summary>The artifact store's part of <c>POST /api/v1/system/verify</c>.</summary>
internal sealed class StoreVerification(Database database, IArtifactStore store, BlobLocks locks) : IVerification
{
    public async Task<VerifyPart> VerifyAsync(CancellationToken cancellationToken)
    {
        var (blobs, bytes, findings) = await VerifyStore.RunAsync(database, store, locks, cancellationToken);
        return new VerifyPart(findings) { BlobsChecked = blobs, BytesChecked = bytes };
    }
}
