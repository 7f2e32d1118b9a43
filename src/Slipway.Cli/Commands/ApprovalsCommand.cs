using System.Text.Json.Serialization.Metadata;
using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary><c>slipway approvals …</c></summary>
internal static class ApprovalsCommand
{
    public static Command Create() => new("approvals", "Requests to change something protected: list, show, approve, reject, cancel, comment.") { List(), Show(), Approve(), Reject(), Cancel(), Comment() };

    /// <summary>Says that a change waits for a reviewer: the request on standard output, what to expect on standard error.</summary>
    public static void WriteAsked(CommandContext context, ApprovalInfo asked)
    {
        context.Write(asked, ContractsJson.Default.ApprovalInfo, a => Console.Out.WriteLine(a.Id));
        SayAsked(context, asked);
    }

    public static void SayAsked(CommandContext context, ApprovalInfo asked)
    {
        RolloutNotes.Say(asked.Notes);
        CommandContext.Say(
            $"This needs an approval by {string.Join(" or ", asked.Reviewers)}, and has been asked for: {asked.Action} It happens by itself when it is approved: {new Uri(context.Api.Address, $"ui/approvals/{asked.Id}")}");
    }

    private static string Path(string? id = null) => "/api/v1/approvals" + (id is null ? "" : $"/{Uri.EscapeDataString(id)}");

    private static Argument<string> Id() => new("ID") { Description = "As 'slipway approvals list' shows it." };

    private static Command List()
    {
        var state = new Option<string?>("--state") { Description = "pending (default), approved, rejected, cancelled, closed or all." };
        var mine = new Option<string?>("--mine") { Description = "to_decide or requested." };
        return new Command("list", "Requests, newest first: slipway approvals list --mine to_decide") { state, mine }.Runs(async (parse, context, cancellationToken) =>
        {
            var wanted = parse.GetValue(state) ?? "pending";
            var query = $"?state={(wanted == "all" ? "" : Uri.EscapeDataString(wanted))}&mine={Uri.EscapeDataString(parse.GetValue(mine) ?? "")}";
            var items = await context.Api.ListAsync(Path() + query, ContractsJson.Default.PageApprovalInfo, cancellationToken).ToListAsync(cancellationToken);
            context.WriteTable(
                new Page<ApprovalInfo>(items, null), ContractsJson.Default.PageApprovalInfo, "No requests.", ["ID", "SUBJECT", "CHANGE", "STATE", "REQUESTER", "REQUESTED", "COMMENT"],
                a => [a.Id, a.Subject, $"{a.From ?? "–"} to {a.To}", Word(a), a.Requester, CommandContext.Time(a.RequestedAt), a.Comment?.ReplaceLineEndings(" ")]);
            return ExitCode.Done;
        });
    }

    private static Command Show()
    {
        var id = Id();
        return new Command("show", "A request, its conversation, and the version beside what is there now.") { id }.Runs(async (parse, context, cancellationToken) =>
        {
            var detail = await context.Api.GetAsync(Path(parse.GetValue(id)), ContractsJson.Default.ApprovalDetail, cancellationToken);
            context.Write(detail, ContractsJson.Default.ApprovalDetail, WriteDetail);
            return ExitCode.Done;
        });
    }

    private static Command Approve()
    {
        var (id, comment) = (Id(), new Option<string?>("--comment") { Description = "Why." });
        return new Command("approve", "Approve; the change then happens by itself: slipway approvals approve ID --comment \"recall is better\"") { id, comment }.Runs((parse, context, cancellationToken) =>
            DecideAsync(context, $"{Path(parse.GetValue(id))}/approve", new ApproveRequest(parse.GetValue(comment)), ContractsJson.Default.ApproveRequest, cancellationToken));
    }

    private static Command Reject()
    {
        var (id, comment) = (Id(), new Option<string>("--comment") { Description = "Why.", Required = true });
        return new Command("reject", "Reject: slipway approvals reject ID --comment \"too slow\"") { id, comment }.Runs((parse, context, cancellationToken) =>
            DecideAsync(context, $"{Path(parse.GetValue(id))}/reject", new RejectRequest(parse.GetValue(comment)!), ContractsJson.Default.RejectRequest, cancellationToken));
    }

    private static Command Cancel()
    {
        var (id, comment) = (Id(), new Option<string?>("--comment") { Description = "Why." });
        return new Command("cancel", "Withdraw a request of your own.") { id, comment }.Runs((parse, context, cancellationToken) =>
            DecideAsync(context, $"{Path(parse.GetValue(id))}/cancel", new CancelApprovalRequest(parse.GetValue(comment)), ContractsJson.Default.CancelApprovalRequest, cancellationToken));
    }

    private static Command Comment()
    {
        var (id, text) = (Id(), new Argument<string>("TEXT"));
        return new Command("comment", "Add to the conversation: slipway approvals comment ID \"which data set?\"") { id, text }.Runs(async (parse, context, cancellationToken) =>
        {
            var detail = await context.Api.PostAsync(
                $"{Path(parse.GetValue(id))}/comments", new CommentRequest(parse.GetValue(text)!), ContractsJson.Default.CommentRequest, ContractsJson.Default.ApprovalDetail, cancellationToken);
            context.Write(detail, ContractsJson.Default.ApprovalDetail, d => WriteComments(d.Comments));
            return ExitCode.Done;
        });
    }

    private static async Task<int> DecideAsync<T>(CommandContext context, string path, T body, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        var decided = await context.Api.PostAsync(path, body, type, ContractsJson.Default.ApprovalInfo, cancellationToken);
        context.Write(decided, ContractsJson.Default.ApprovalInfo, a => Console.Out.WriteLine($"{a.Subject}: {Word(a)}"));
        return ExitCode.Done;
    }

    private static string Word(ApprovalInfo a) => a switch
    {
        { State: "approved", AppliedAt: null } => a.WaitingBecause is { } why ? $"approved, waits: {why}" : "approved, not made yet",
        { State: "approved" } => "approved and made",
        _ => a.State,
    };

    private static void WriteDetail(ApprovalDetail detail)
    {
        var a = detail.Approval;
        CommandContext.WriteFacts(
            ("Change", a.Action), ("State", Word(a)), ("Requested", $"{CommandContext.Time(a.RequestedAt)} by {a.Requester}"), ("Comment", a.Comment), ("Note", a.Notes.Count == 0 ? null : string.Join(" ", a.Notes)), ("Reviewers", string.Join(", ", a.Reviewers)),
            ("Decided", a.DecidedBy is null ? null : $"{CommandContext.Time(a.DecidedAt)} by {a.DecidedBy}"), ("Said", a.DecisionComment),
            ("Closed", a.ClosedReason), ("Stale", detail.StaleBecause), ("Made", a.AppliedAt is null ? null : CommandContext.Time(a.AppliedAt)));
        WriteComments(detail.Comments);
        foreach (var section in detail.Evidence)
        {
            Console.Out.WriteLine();
            Console.Out.WriteLine($"{section.Title} ({string.Join(" | ", section.Columns.Select(c => c.Title))})");
            if (section.Note is { } note)
            {
                Console.Out.WriteLine(note);
            }

            CommandContext.WriteFacts([.. section.Rows.Select(r => (r.Label, (string?)string.Join(" | ", r.Values.Select(v => v ?? "–"))))]);
        }
    }

    private static void WriteComments(IReadOnlyList<ApprovalCommentInfo> comments)
    {
        foreach (var comment in comments)
        {
            Console.Out.WriteLine($"{CommandContext.Time(comment.At)}  {comment.Author}: {comment.Text}");
        }
    }
}
