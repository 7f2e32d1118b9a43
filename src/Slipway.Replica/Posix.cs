using System.Runtime.InteropServices;

namespace Slipway.Replica;

/// <summary>The system calls that the replica makes itself: its threads wait in them, and no pool or event engine runs beside.</summary>
internal static unsafe partial class Posix
{
    public const uint In = 1;
    public const uint Out = 4;
    public const int Again = 11;
    public const int Interrupted = 4;
    public const int DontWait = 0x40;
    public const int NoSignal = 0x4000;
    public const int ShutReceive = 0;
    public const int ShutBoth = 2;

    private const int Add = 1;
    private const int Delete = 2;
    private const int Modify = 3;
    private const int CloseOnExec = 0x80000;
    private const int NonBlocking = 0x800;
    private const int WriteOnly = 1;
    private const int Create = 0x40;
    private const int Append = 0x400;
    private const int AddressSpace = 9;

    /// <returns>Bytes; 0: the other side has ended; below 0: <c>-errno</c>.</returns>
    public static int Receive(int socket, Span<byte> buffer)
    {
        fixed (byte* bytes = buffer)
        {
            var got = recv(socket, bytes, (nuint)buffer.Length, DontWait);
            return got >= 0 ? (int)got : -Marshal.GetLastPInvokeError();
        }
    }

    /// <summary>Sends what the socket takes at once.</summary>
    /// <returns>Bytes; below 0: <c>-errno</c>.</returns>
    public static int Send(int socket, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            var sent = send(socket, start, (nuint)bytes.Length, DontWait | NoSignal);
            return sent >= 0 ? (int)sent : -Marshal.GetLastPInvokeError();
        }
    }

    public static void Shutdown(int socket, int how) => _ = shutdown(socket, how);

    public static int NewEpoll() => Checked(epoll_create1(CloseOnExec), "epoll_create1");

    public static void Watch(int epoll, int descriptor, uint events) => Control(epoll, Add, descriptor, events);

    public static void ChangeWatch(int epoll, int descriptor, uint events) => Control(epoll, Modify, descriptor, events);

    public static void StopWatching(int epoll, int descriptor) => Control(epoll, Delete, descriptor, 0);

    /// <param name="events">Filled.</param>
    /// <param name="timeoutMs">-1: without end.</param>
    /// <returns>How many.</returns>
    public static int Wait(int epoll, Span<EpollEvent> events, int timeoutMs)
    {
        fixed (EpollEvent* start = events)
        {
            var ready = epoll_wait(epoll, start, events.Length, timeoutMs);
            return ready >= 0 || Marshal.GetLastPInvokeError() == Interrupted ? Math.Max(0, ready) : throw new IOException("epoll_wait failed.");
        }
    }

    /// <summary>A descriptor that becomes readable by <see cref="Signal"/>.</summary>
    public static int NewEvent() => Checked(eventfd(0, CloseOnExec | NonBlocking), "eventfd");

    public static void Signal(int descriptor)
    {
        ulong one = 1;
        _ = write(descriptor, &one, sizeof(ulong));
    }

    public static void TakeSignals(int descriptor)
    {
        ulong count;
        _ = read(descriptor, &count, sizeof(ulong));
    }

    /// <summary>Descriptors 1 and 2 to the end of the log, 0 from nowhere.</summary>
    public static void RedirectOutput(string log)
    {
        var target = Checked(open(log, WriteOnly | Create | Append | CloseOnExec, 0x180), "open");
        _ = dup2(target, 1);
        _ = dup2(target, 2);
        _ = close(target);
        var nowhere = Checked(open("/dev/null", 0, 0), "open");
        if (nowhere != 0)
        {
            _ = dup2(nowhere, 0);
            _ = close(nowhere);
        }
    }

    public static void Write(int descriptor, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            var at = start;
            var left = bytes.Length;
            while (left > 0 && write(descriptor, at, (nuint)left) is > 0 and var written)
            {
                at += written;
                left -= (int)written;
            }
        }
    }

    public static void LeadSession()
    {
        if (getsid(0) != Environment.ProcessId)
        {
            _ = setsid();
        }
    }

    /// <summary>Ends the process without running anything more.</summary>
    public static void Exit(int code) => _exit(code);

    public static void Umask(int mask) => _ = umask(mask);

    public static void LimitAddressSpace(long bytes)
    {
        var limit = stackalloc ulong[2] { (ulong)bytes, (ulong)bytes };
        _ = setrlimit(AddressSpace, limit);
    }

    private static void Control(int epoll, int operation, int descriptor, uint events)
    {
        var change = new EpollEvent { Events = events, Descriptor = descriptor };
        _ = epoll_ctl(epoll, operation, descriptor, &change);
    }

    private static int Checked(int result, string call) => result >= 0 ? result : throw new IOException($"{call} failed: error {Marshal.GetLastPInvokeError()}.");

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recv(int socket, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint send(int socket, byte* buffer, nuint length, int flags);

    [LibraryImport("libc")]
    private static partial int shutdown(int socket, int how);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_ctl(int epoll, int operation, int descriptor, EpollEvent* change);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_wait(int epoll, EpollEvent* events, int most, int timeout);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int eventfd(uint initial, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(int descriptor, void* buffer, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int descriptor, void* buffer, nuint length);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, int mode);

    [LibraryImport("libc")]
    private static partial int dup2(int from, int to);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);

    [LibraryImport("libc")]
    private static partial int getsid(int pid);

    [LibraryImport("libc")]
    private static partial int setsid();

    [LibraryImport("libc")]
    private static partial void _exit(int code);

    [LibraryImport("libc")]
    private static partial int umask(int mask);

    [LibraryImport("libc")]
    private static partial int setrlimit(int resource, ulong* limit);
}

/// <summary>As the kernel has it on x86-64: packed.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct EpollEvent
{
    public uint Events;
    public int Descriptor;
    private int padding;
}
