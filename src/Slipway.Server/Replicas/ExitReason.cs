using System.Globalization;
using System.Text.RegularExpressions;
using Slipway.Server.Platform;

namespace Slipway.Server.Replicas;

/// <summary>Why a process ended, from all that can be known afterwards. Pure.</summary>
internal static partial class ExitReason
{
    /// <summary>Reason of a kill: the disk is full, and this process has written much and does not serve yet.</summary>
    public const string FilledDisk = "filled_disk";

    /// <summary>Reason of a kill, and of the end: there is little room left on the disk, and this process, which serves, has written the most.</summary>
    public const string OutOfDisk = "out_of_disk";

    /// <summary>Reason of a kill, and of the end: its folder has more in it than its storage limit allows.</summary>
    public const string StorageLimit = "storage_limit";

    private const int SigKill = 9;

    /// <param name="file">What the replica or its parent wrote; null: nobody could.</param>
    /// <param name="killReason">Why the server killed it; null: it did not.</param>
    /// <param name="outOfMemory">The kernel killed one of its processes for want of memory.</param>
    /// <param name="failureCode">What the replica said on the control connection before it ended; null: nothing.</param>
    /// <param name="memoryMib">Its limit, for the sentence; so with <paramref name="storageGb"/>.</param>
    public static ReplicaExit Of(
        ExitFile? file, string? killReason, bool outOfMemory, string? failureCode, string? failureMessage, int memoryMib, DateTimeOffset now, double? storageGb = null)
    {
        var at = file?.At ?? now;
        ReplicaExit Because(string reason, string detail) => new(reason, Short(detail), file?.Code, file?.Signal, at);

        if (killReason == "hung")
        {
            return Because("hung", "It answered no ping and had no request inside its deadline; it was killed.");
        }

        var mayBeTheKernel = file is null or { Reason: "signal", Signal: SigKill } or { Reason: "crashed" };
        if ((outOfMemory && mayBeTheKernel) || file?.Reason == "memory_limit" || failureCode == "memory_limit")
        {
            return Because("memory_limit", $"It met its memory limit of {memoryMib} MiB.");
        }

        return file switch
        {
            // Said before it ended; on a full disk it could not write it, and its parent perhaps could write what it saw.
            null or { Reason: "crashed" or "signal" } when failureCode is "load_failed" or "import_failed" && killReason is null or "load_failed" =>
                Because(failureCode ?? "load_failed", failureMessage ?? "The model could not be loaded."),
            { Reason: "load_failed" or "import_failed" } => Because(file.Reason, file.Message ?? failureMessage ?? "The model could not be loaded; the log says why."),
            { Reason: "drained" } => Because("drained", "It finished its requests and ended."),
            { Reason: "no_server" } => Because("no_server", "No server was there for a long time; it drained and ended."),
            { Reason: "crashed" } => Because("crashed", file.Message ?? $"The process ended with code {file.Code}."),
            { Reason: "signal" } => Killed(),
            { Reason: "start_failed", Message: { } message } => Because("start_failed", message),   // this server's word, before it could be stored
            _ when failureCode is "load_failed" or "import_failed" => Because(failureCode, failureMessage ?? "The model could not be loaded."),
            _ => Killed(),
        };

        ReplicaExit Killed() => (killReason, file) switch
        {
            ("drained", _) => Because("drained", "It did not finish in time after it was told to end, and was killed."),
            (FilledDisk, _) => Because("start_failed", "It filled the server's disk before it was ready, and was killed (No space left on device)."),
            (OutOfDisk, _) => Because(OutOfDisk, "It wrote the most while the server's disk was almost full, and was killed; its files have gone."),
            (StorageLimit, _) => Because(StorageLimit, string.Create(CultureInfo.InvariantCulture, $"Its folder had more in it than its storage limit of {storageGb} GB, and it was killed; its files have gone.")),
            ("start_failed", _) => Because("start_failed", failureMessage ?? "It was not ready in time and was killed."),
            ("load_failed", _) => Because("load_failed", failureMessage ?? "The model could not be loaded."),
            (_, { Signal: { } signal }) => Because("crashed", $"The process was ended by signal {signal}."),
            _ => Because("unknown", "The process ended without a word; its parent had gone (adopted)."),
        };
    }

    /// <summary>A bounded sentence without the folders of this machine: of a path only its last name is left.</summary>
    public static string Short(string text)
    {
        var safe = Folders().Replace(text, "…/");
        return StorableText.Of(safe.Length <= 2000 ? safe : safe[..2000]);
    }

    [GeneratedRegex("""(?<![\w.…:/])/(?:[^\s/'"`:,;()<>]+/)+""", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Folders();
}
