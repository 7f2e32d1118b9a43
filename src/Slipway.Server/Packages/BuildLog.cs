using System.Runtime.CompilerServices;
using System.Text;

namespace Slipway.Server.Packages;

/// <summary>The log of one build: a file that the build and pip append to and that readers follow.</summary>
internal sealed class BuildLog(string file, TimeProvider time)
{
    public string File { get; } = file;

    public long Length => System.IO.File.Exists(File) ? new FileInfo(File).Length : 0;

    public Task WriteAsync(string line) => System.IO.File.AppendAllTextAsync(File, $"{time.GetUtcNow():yyyy-MM-ddTHH:mm:ss.fffZ} {line}\n");

    /// <summary>What was written from <paramref name="offset"/> on, at most the last 64 KiB of it.</summary>
    public async Task<string> SinceAsync(long offset, CancellationToken cancellationToken)
    {
        await using var stream = new FileStream(File, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        stream.Position = Math.Max(offset, stream.Length - (64 * 1024));
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync(cancellationToken);
    }

    /// <summary>Its bytes as they are written, until <paramref name="finished"/> and all is read.</summary>
    /// <param name="position">Bytes to leave out at the beginning.</param>
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> FollowAsync(
        string file, Func<CancellationToken, Task<bool>> finished, TimeSpan pace, TimeProvider time, [EnumeratorCancellation] CancellationToken cancellationToken,
        long position = 0)
    {
        var buffer = new byte[16 * 1024];
        while (true)
        {
            var last = await finished(cancellationToken);   // asked before reading: what was written until then is read after it
            if (System.IO.File.Exists(file))
            {
                await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                stream.Position = position;
                while (await stream.ReadAsync(buffer, cancellationToken) is > 0 and var read)
                {
                    position += read;
                    yield return buffer.AsMemory(0, read);
                }
            }

            if (last)
            {
                yield break;
            }

            await Task.Delay(pace, time, cancellationToken);
        }
    }
}
