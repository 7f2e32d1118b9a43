using Microsoft.Extensions.Options;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Approvals;

/// <summary>The table of contents of this folder: its services and routes.</summary>
internal static class ApprovalsFeature
{
    public static void AddApprovals(this IServiceCollection services)
    {
        services.AddOptions<ApprovalOptions>().BindConfiguration("Slipway:Approvals").ValidateOnStart();
        services.AddSingleton<IValidateOptions<ApprovalOptions>, ApprovalOptionsValidator>();
        services.AddSingleton<ApprovalNews>();
        services.AddSingleton<RequestApproval>();
        services.AddSingleton<SettleApprovals>();
        services.AddSingleton<DecideApproval>();
        services.AddSingleton<DiscussApproval>();
        services.AddSingleton<FindApprovals>();
        services.AddSingleton<ApplyApprovals>();
        services.AddHostedService(provider => provider.GetRequiredService<ApplyApprovals>());
        services.AddHostedService<CloseStaleApprovals>();
    }

    public static void MapApprovals(this IEndpointRouteBuilder routes)
    {
        var approvals = routes.MapGroup("/api/v1/approvals").WithTags("Approvals");

        approvals.MapGet("/", async (
                FindApprovals find, PageQuery page, Actor by, CancellationToken cancellationToken, string? state = null, string? mine = null, string? kind = null, string? resource = null) =>
            (await find.PageAsync(new FindApprovals.Query(state, mine, kind, resource), page, by, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("ListApprovals").Produces<Page<ApprovalInfo>>();

        approvals.MapGet("/{id:guid}", async (Guid id, FindApprovals find, Actor by, CancellationToken cancellationToken) =>
            (await find.DetailAsync(id, by, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("GetApproval").Produces<ApprovalDetail>();

        approvals.MapPost("/{id:guid}/approve", async (Guid id, JsonBody<ApproveRequest> body, DecideApproval decide, Actor by, CancellationToken cancellationToken) =>
            (await decide.ApproveAsync(id, body.Value, by, cancellationToken)).ToOk())
            .RequireRight(Right.DecideApprovals).WithIdempotency(DecidedAsync).WithName("Approve").Produces<ApprovalInfo>();

        approvals.MapPost("/{id:guid}/reject", async (Guid id, JsonBody<RejectRequest> body, DecideApproval decide, Actor by, CancellationToken cancellationToken) =>
            (await decide.RejectAsync(id, body.Value, by, cancellationToken)).ToOk())
            .RequireRight(Right.DecideApprovals).WithIdempotency(DecidedAsync).WithName("RejectApproval").Produces<ApprovalInfo>();

        approvals.MapPost("/{id:guid}/cancel", async (Guid id, JsonBody<CancelApprovalRequest> body, DiscussApproval discuss, Actor by, CancellationToken cancellationToken) =>
            (await discuss.CancelAsync(id, body.Value, by, cancellationToken)).ToOk())
            .RequireRight(Right.WriteRegistry).WithIdempotency(DecidedAsync).WithName("CancelApproval").Produces<ApprovalInfo>();

        approvals.MapPost("/{id:guid}/comments", async (Guid id, JsonBody<CommentRequest> body, DiscussApproval discuss, Actor by, CancellationToken cancellationToken) =>
            (await discuss.CommentAsync(id, body.Value, by, cancellationToken)).ToOk())
            .RequireRight(Right.DecideApprovals).WithIdempotency("approval", async (http, made) =>
                (await http.RequestServices.GetRequiredService<FindApprovals>().DetailAsync(Guid.Parse(made[1]), Caller.Of(http)!.Actor, http.RequestAborted)).ToOk())
            .WithName("CommentOnApproval").Produces<ApprovalDetail>();
    }

    /// <summary>The request as it now is, for somebody whose own decision took and who did not hear of it. A request that was only closed has no decision: that is refused again, with the reason.</summary>
    private static async Task<IResult?> DecidedAsync(HttpContext http, IdempotentEffect effect)
    {
        if (effect.Of("approval") is not { } decided)
        {
            return null;
        }

        var found = await http.RequestServices.GetRequiredService<FindApprovals>().OneAsync(Guid.Parse(decided[1]), Caller.Of(http)!.Actor, http.RequestAborted);
        return found.IsRefused || found.Value.DecidedAt is not null ? found.ToOk() : null;
    }
}
