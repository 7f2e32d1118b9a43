namespace Slipway.Server.Artifacts;

/// <summary>Content-addressed, encrypted blobs. A disk now, object storage later. Knows nothing of who refers to a blob: that is <see cref="Blobs"/>.</summary>
internal interface IArtifactStore
{
    /// <summary>Encrypts and keeps <paramref name="content"/> aside, durable but not yet visible. Dispose what is not published.</summary>
    /// <param name="maxBytes">Reading stops one byte after it; <see cref="StagedBlob.TooLong"/> then says so.</param>
    /// <exception cref="IOException">The disk is full or broken.</exception>
    Task<StagedBlob> StageAsync(Stream content, long maxBytes, CancellationToken cancellationToken);

    /// <summary>Makes a staged blob visible under its digest; a blob that is there already stays. Durable when it returns.</summary>
    void Publish(StagedBlob staged);

    bool Exists(Digest digest);

    /// <summary>A seekable stream of the plain content.</summary>
    /// <exception cref="FileNotFoundException">There is no such blob.</exception>
    /// <exception cref="CorruptBlobException">Here or while reading: the stored bytes are not what was written.</exception>
    Stream Open(Digest digest);

    void Delete(Digest digest);

    /// <summary>Everything stored. <see cref="StoredBlob.Digest"/> is null for a file that is no blob of ours.</summary>
    IEnumerable<StoredBlob> List();

    /// <summary>Removes staged content older than <paramref name="before"/>: what a crash left.</summary>
    void SweepStaging(DateTimeOffset before);
}

/// <param name="Name">How the store calls it, for a person.</param>
internal readonly record struct StoredBlob(Digest? Digest, string Name, DateTimeOffset WrittenAt);

/// <summary>Content that is written and synced, but not visible.</summary>
internal sealed class StagedBlob(string file, Digest digest, long sizeBytes, bool tooLong) : IDisposable
{
    public string File { get; } = file;

    public Digest Digest { get; } = digest;

    public long SizeBytes { get; } = sizeBytes;

    /// <summary>There was more content than allowed; digest and size are of what was read.</summary>
    public bool TooLong { get; } = tooLong;

    public void Dispose() => System.IO.File.Delete(File);
}

/// <summary>Stored bytes are not what was written: flipped, cut, moved or replaced.</summary>
internal sealed class CorruptBlobException(string message, Exception? inner = null) : IOException(message, inner);
