using System.Runtime.InteropServices;

namespace Slipway.Server.Platform;

/// <summary>The few calls of the C library that processes and their folders need and .NET does not offer.</summary>
internal static partial class SpawnPosix
{
    public const int SigTerm = 15;
    public const int SigKill = 9;

    public static bool IsRoot { get; } = GetEffectiveUserId() == 0;

    /// <summary>Sends a signal to one process; false when there is none with this pid.</summary>
    public static bool Kill(int pid, int signal) => pid > 1 && KillCall(pid, signal) == 0;

    /// <summary>Sends a signal to a process group (the pid of its leader, never this server's own).</summary>
    public static bool KillGroup(int leader, int signal) => leader > 1 && leader != GetProcessGroup() && KillCall(-leader, signal) == 0;

    /// <summary>Gives a file or folder to a user. Only root can.</summary>
    public static void ChangeOwner(string path, SpawnUser user)
    {
        if (ChangeOwnerCall(path, (uint)user.UserId, (uint)user.GroupId) != 0)
        {
            throw new IOException($"The owner of a file could not be changed (error {Marshal.GetLastPInvokeError()}).");
        }
    }

    /// <summary>
    /// Reads a small file that model code may have written: no link is followed, and a pipe in its place does not block. Null when there is none or it is longer.
    /// </summary>
    public static byte[]? ReadUntrusted(string path, int longest)
    {
        const int readOnly = 0, nonBlocking = 0x800, noFollow = 0x20000, closeOnExec = 0x80000;
        using var handle = new Microsoft.Win32.SafeHandles.SafeFileHandle(OpenCall(path, readOnly | nonBlocking | noFollow | closeOnExec), ownsHandle: true);
        if (handle.IsInvalid)
        {
            return null;
        }

        try
        {
            var bytes = new byte[longest];
            var read = RandomAccess.Read(handle, bytes, 0);
            return read < longest ? bytes[..read] : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>Gives a file a second name; false when that cannot be, as on another file system.</summary>
    public static bool Link(string existing, string made) => LinkCall(existing, made) == 0;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenCall(string path, int flags);

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int LinkCall(string existing, string made);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEffectiveUserId();

    [LibraryImport("libc", EntryPoint = "getpgrp")]
    private static partial int GetProcessGroup();

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int KillCall(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwnerCall(string path, uint user, uint group);
}
