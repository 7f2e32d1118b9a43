namespace Slipway.Cli;

/// <summary>What the shell learns; stable, listed in docs/cli.md.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>Something unexpected on this side.</summary>
    public const int Failed = 1;

    /// <summary>The command line itself is wrong.</summary>
    public const int Usage = 2;

    /// <summary>The server refused: the message says why (400, 409, 412, 413, 415, 429, 5xx).</summary>
    public const int Refused = 3;

    /// <summary>There is no such thing (404).</summary>
    public const int NotFound = 4;

    /// <summary>Not signed in, or the right is missing (401, 403).</summary>
    public const int NotAllowed = 5;

    /// <summary>No server answers at the address.</summary>
    public const int Unreachable = 6;

    /// <summary>The deployment or its build failed.</summary>
    public const int DeployFailed = 7;

    /// <summary>It took longer than asked for.</summary>
    public const int TimedOut = 8;

    /// <summary><c>verify</c> or <c>doctor</c> found something wrong.</summary>
    public const int FindingsFound = 9;

    /// <summary>Nothing has changed yet: it was put before a reviewer, and happens by itself when it is approved.</summary>
    public const int Asked = 10;
}

/// <summary>Ends the command with a message and a code; caught once, in Program.</summary>
internal sealed class CliException(int exitCode, string message) : Exception(message)
{
    public int ExitCode { get; } = exitCode;

    /// <summary>The server's stable code; null where it was not the server who refused.</summary>
    public string? Code { get; init; }
}

/// <summary>A change was not made: it waits for a reviewer. Ends the command with <see cref="ExitCode.Asked"/> unless the command waits for the decision.</summary>
internal sealed class AskedException(Contracts.ApprovalInfo approval) : Exception(approval.Action)
{
    public Contracts.ApprovalInfo Approval { get; } = approval;
}
