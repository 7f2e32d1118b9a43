using Slipway.Contracts;
using Slipway.Server.Platform;

namespace Slipway.Server.Approvals;

/// <summary>
/// What a feature that asks for approvals answers about its own requests. Registered as a singleton; one for each kind. It reads and writes on the context that it is
/// given, so that its answer and what Approvals makes of it are one transaction.
/// </summary>
internal interface IApprovalSubject
{
    /// <summary>The kind of its requests, such as <c>stage_transition</c>; stored.</summary>
    string Kind { get; }

    /// <summary>Why the change cannot be made any more (what it was asked against has changed); null: it can. A wait is no reason.</summary>
    Task<string?> StaleBecauseAsync(SlipwayDbContext db, Approval approval, CancellationToken cancellationToken);

    /// <summary>What would change beside what is there now, for the page of the request. Of an old request as much as is still there.</summary>
    Task<IReadOnlyList<EvidenceSection>> DescribeAsync(SlipwayDbContext db, Approval approval, CancellationToken cancellationToken);

    /// <summary>What there is to know of what is asked for, each a sentence; from what the request stores alone.</summary>
    IReadOnlyList<string> NotesOf(Approval approval) => [];

    /// <summary>
    /// Makes the approved change, in a unit of <see cref="Writes"/>: whatever it writes on <paramref name="db"/> is committed together with the word that it was applied,
    /// so it happens once, whenever the server dies. May be asked again after it said <see cref="ApplyOutcome.Wait"/>.
    /// </summary>
    /// <remarks>The change is attributed to <see cref="Approval.Requester"/> and <see cref="Approval.DecidedBy"/>, and refers to <see cref="Approval.Id"/>.</remarks>
    Task<ApplyOutcome> ApplyAsync(SlipwayDbContext db, Approval approval, CancellationToken cancellationToken);
}

/// <summary>What came of applying an approved change.</summary>
internal abstract record ApplyOutcome
{
    public static ApplyOutcome Applied { get; } = new Done();

    /// <summary>Not yet, say because a rollout runs there; asked again soon. Nothing may have been written.</summary>
    public static ApplyOutcome Wait(string because) => new Waiting(because);

    /// <summary>Never: what it was asked against has changed. Nothing may have been written.</summary>
    public static ApplyOutcome Stale(string because) => new TooLate(because);

    internal sealed record Done : ApplyOutcome;

    internal sealed record Waiting(string Because) : ApplyOutcome;

    internal sealed record TooLate(string Because) : ApplyOutcome;
}
