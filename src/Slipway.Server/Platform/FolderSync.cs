using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Slipway.Server.Platform;

/// <summary>Makes creations, renames and removals inside a folder durable; .NET itself syncs only files.</summary>
internal static partial class FolderSync
{
    private const int OpenFlags = 0x80000;   // O_RDONLY | O_CLOEXEC

    /// <exception cref="IOException">The folder is not there, or the disk is broken.</exception>
    public static void Flush(string folder)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var descriptor = Open(folder, OpenFlags);
        if (descriptor < 0)
        {
            throw new IOException("A folder could not be opened to sync it.", new Win32Exception(Marshal.GetLastPInvokeError()));
        }

        try
        {
            if (Sync(descriptor) != 0)
            {
                throw new IOException("A folder could not be synced.", new Win32Exception(Marshal.GetLastPInvokeError()));
            }
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    /// <summary>Makes everything below a folder durable: one call for the file system it is on.</summary>
    public static void FlushTree(string folder)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var descriptor = Open(folder, OpenFlags);
        if (descriptor < 0 || SyncFileSystem(descriptor) != 0)
        {
            throw new IOException("A folder could not be synced.", new Win32Exception(Marshal.GetLastPInvokeError()));
        }

        _ = Close(descriptor);
    }

    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    private static partial int SyncFileSystem(int descriptor);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
