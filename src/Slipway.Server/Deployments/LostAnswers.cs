using Slipway.Contracts;
using Slipway.Server.Approvals;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments;

/// <summary>Answers again what a repeated request has made here, when its first answer was lost.</summary>
internal static class LostAnswers
{
    /// <summary>The deployment, or the request for approval that was opened instead.</summary>
    public static Task<IResult?> DeploymentAsync(HttpContext http, IdempotentEffect effect) => OrAskedAsync(http, effect, "deployment", async made =>
    {
        var info = await http.RequestServices.GetRequiredService<ReadDeployments>().GetAsync(new DeploymentRef(made[1], made[2]), DeploymentsFeature.Host(http.Request), http.RequestAborted);
        return info.ToCreated(d => $"/api/v1/deployments/{d.Environment}/{d.Name}");
    });

    /// <summary>The rollout, or the request.</summary>
    public static Task<IResult?> RolloutAsync(HttpContext http, IdempotentEffect effect) =>
        OrAskedAsync(http, effect, "rollout", async made => await InfoAsync(http, made) is { } rollout ? Results.Accepted(null, rollout) : null);

    /// <summary>The same, and of an update that changed settings alone the rollout that made live what is live.</summary>
    public static async Task<IResult?> RevisionAsync(HttpContext http, IdempotentEffect effect) => await RolloutAsync(http, effect) ?? await OrAskedAsync(http, effect, "deployment", async made =>
    {
        var read = http.RequestServices.GetRequiredService<ReadDeployments>();
        var id = await read.IdAsync(new DeploymentRef(made[1], made[2]), http.RequestAborted);
        return id.Refusal is { } gone ? gone.ToProblem() : Results.Ok(await read.LiveRolloutAsync(id.Value, http.RequestAborted));
    });

    /// <summary>Where the deployment was promoted to, with its rollout there; or the request. What was made of the deployment itself is no promotion: that is still to come.</summary>
    public static Task<IResult?> PromotionAsync(HttpContext http, IdempotentEffect effect) => OrAskedAsync(http, effect, "rollout", async made =>
        await InfoAsync(http, made) is { } rollout && effect.Of("deployment") is { } target && target[1] != (string?)http.Request.RouteValues["environment"]
            ? Results.Accepted(null, new PromotedInfo(target[1], target[2], rollout))
            : null);

    private static async Task<IResult?> OrAskedAsync(HttpContext http, IdempotentEffect effect, string kind, Func<string[], Task<IResult?>> answer)
    {
        if (effect.Of("approval") is { } asked)
        {
            var request = await http.RequestServices.GetRequiredService<FindApprovals>().OneAsync(Guid.Parse(asked[1]), Caller.Of(http)!.Actor, http.RequestAborted);
            return request.Refusal is { } refusal ? refusal.ToProblem() : Results.Accepted($"/api/v1/approvals/{request.Value.Id}", request.Value);
        }

        return effect.Of(kind) is { } made ? await answer(made) : null;
    }

    private static async Task<RolloutInfo?> InfoAsync(HttpContext http, string[] made)
    {
        var id = Guid.Parse(made[1]);
        await using var db = await http.RequestServices.GetRequiredService<Database>().SnapshotAsync(http.RequestAborted);
        return (await http.RequestServices.GetRequiredService<IRollouts>().InfosAsync(db, [id], http.RequestAborted)).GetValueOrDefault(id);
    }
}
