using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments.Approving;

/// <summary>The answer to a change that its environment wants approved.</summary>
internal static class AskedAnswers
{
    /// <summary>The refusal as it is; where the gate wants an approval, 202 with the request that is or was opened for it.</summary>
    public static async Task<IResult> OrAskAsync(this Refusal refusal, HttpContext http)
    {
        if (refusal.Instead is ApprovalInfo there)
        {
            return Accepted(there);
        }

        if (refusal.Instead is not LiveAsk ask)
        {
            return refusal.ToProblem();
        }

        var asked = await http.RequestServices.GetRequiredService<AskForApproval>().RunAsync(ask, Caller.Of(http)!.Actor, http.RequestAborted);
        return asked.Refusal is { } no ? no.ToProblem() : Accepted(asked.Value);
    }

    private static IResult Accepted(ApprovalInfo asked) => Results.Accepted($"/api/v1/approvals/{asked.Id}", asked);
}
