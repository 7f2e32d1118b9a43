using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Slipway.Contracts;
using Slipway.Server.Deployments;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Replicas;

namespace Slipway.Server.Gateway;

/// <summary>
/// What the Open Inference Protocol v2 asks besides inference: health, metadata, statistics. Answered from the route table that predictions use, so that what it
/// says is what an infer would meet. A model of the protocol is a deployment.
/// </summary>
internal static class OpenInferenceRoutes
{
    private static readonly string[] GetOrHead = [HttpMethods.Get, HttpMethods.Head];

    public static void MapOpenInference(this IEndpointRouteBuilder routes)
    {
        foreach (var prefix in new[] { "/v2", "/{scope}/v2" })
        {
            var v2 = routes.MapGroup(prefix).WithMetadata(OpenInference.Errors).ExcludeFromDescription();
            v2.MapGet("/", () => Ok(Server, ContractsJson.Default.InferenceServerInfo)).RequireEither(Right.Read, Right.Predict);
            v2.MapMethods("/health/live", GetOrHead, () => Ok(new InferenceLiveInfo(true), ContractsJson.Default.InferenceLiveInfo)).Open("for whatever watches the process");
            v2.MapMethods("/health/ready", GetOrHead, Ready).Open("for load balancers");
            v2.MapGet("/models/stats", (string? scope, Actor by, Gateway gateway, ModelRuns runs) => AllStatistics(gateway, runs, ScopeOf(scope, by))).RequireRight(Right.Read);
            foreach (var model in new[] { "/models/{name}", "/models/{name}/versions/{version}" })
            {
                v2.MapGet(model, Metadata).RequireEither(Right.Read, Right.Predict);   // clients ask before they infer, with the same key
                v2.MapGet($"{model}/ready", ModelReady).RequireEither(Right.Read, Right.Predict);
                v2.MapGet($"{model}/stats", Statistics).RequireRight(Right.Read);
            }
        }
    }

    private static InferenceServerInfo Server { get; } = new("slipway", ServerVersion(), OpenInference.Extensions);

    private static string ServerVersion() => typeof(OpenInferenceRoutes).Assembly.GetName().Version!.ToString(3);

    private static string ScopeOf(string? scope, Actor by) => scope ?? by.DefaultEnvironment ?? DeploymentEnvironment.Production;

    private static IResult Ready(IEnumerable<IReadiness> conditions)
    {
        var ready = conditions.All(c => c.NotReadyBecause is null);
        return Json(new InferenceReadyInfo(true, ready), ContractsJson.Default.InferenceReadyInfo, ready);
    }

    private static IResult Metadata(string? scope, string name, string? version, Actor by, Gateway gateway)
    {
        var found = Find(gateway, ScopeOf(scope, by), name, version, out var target);
        if (found.Refusal is { } refusal)
        {
            return refusal.ToProblem();
        }

        var variant = found.Value;
        if (variant.Refusal(PredictForm.OpenInference) is { } silent)
        {
            return new Refusal(silent.Status, silent.Code, silent.Message).ToProblem();
        }

        var signature = TensorSignature.Read(variant.Route.Version.Signature);
        return Ok(
            new InferenceModelInfo(
                target.Route.Name, [.. VersionsOf(target)], variant.Route.Runtime == "onnx" ? "onnx_onnxv1" : variant.Route.Runtime, signature.Inputs, signature.Outputs),
            ContractsJson.Default.InferenceModelInfo);
    }

    /// <summary>
    /// Ready says that an infer would be taken: a replica is ready, or the set is at zero (or waking) and the infer wakes it and waits. Asking does not wake it: whatever asks every few seconds
    /// would keep every model awake, and who asks before each infer would never infer where a sleeping model said no.
    /// </summary>
    private static IResult ModelReady(string? scope, string name, string? version, Actor by, Gateway gateway)
    {
        var found = Find(gateway, ScopeOf(scope, by), name, version, out _);
        if (found.Refusal is { Status: not 503 } refusal)
        {
            return refusal.ToProblem();
        }

        var ready = !found.IsRefused && (found.Value.Route.Set.Parks || found.Value.Route.Set.Replicas.Any(r => r.Ready));
        return Json(new InferenceModelReadyInfo(name, ready), ContractsJson.Default.InferenceModelReadyInfo, ready);
    }

    private static IResult Statistics(string? scope, string name, string? version, Actor by, Gateway gateway, ModelRuns runs)
    {
        var found = Find(gateway, ScopeOf(scope, by), name, version, out var target);
        return found.Refusal is { } refusal
            ? refusal.ToProblem()
            : Ok(new InferenceStatistics([.. StatisticsOf(runs, target, version is null ? null : found.Value.Route.ModelVersion)]), ContractsJson.Default.InferenceStatistics);
    }

    private static IResult AllStatistics(Gateway gateway, ModelRuns runs, string scope)
    {
        var table = gateway.Table;
        var targets = table.Source.Deployments.Keys.Where(k => k.Scope == scope).Select(k => k.Name).Order(StringComparer.Ordinal).Select(n => table.Find(scope, n)!);
        return Ok(new InferenceStatistics([.. targets.SelectMany(t => StatisticsOf(runs, t, null))]), ContractsJson.Default.InferenceStatistics);
    }

    /// <summary>The variant that an infer with these words would reach, or (without a version) most probably would.</summary>
    private static Result<VariantTarget> Find(Gateway gateway, string scope, string name, string? version, out DeploymentTarget target)
    {
        var found = gateway.Table.Find(scope, name);
        target = found!;
        if (found is null || found.Route.State == RouteState.Stopped)
        {
            return RefusalOf(GatewayErrors.NotFound);
        }

        var variant = version is null ? found.Main : found.Versioned(version);
        return variant is not null ? variant : RefusalOf(version is null || found.Route.State == RouteState.NotReady ? GatewayErrors.NotReady : GatewayErrors.VersionNotLive);
    }

    private static Refusal RefusalOf(GatewayError error) =>
        new(error.Status, error.Code, error.Message) { RetryAfter = error.RetryAfterSeconds > 0 ? TimeSpan.FromSeconds(error.RetryAfterSeconds) : null };

    private static IEnumerable<string> VersionsOf(DeploymentTarget target) =>
        target.Revisions.SelectMany(r => r.Variants).Select(v => v.Route.ModelVersion).Distinct().Order().Select(v => v.ToString(System.Globalization.CultureInfo.InvariantCulture));

    private static IEnumerable<InferenceModelStatistics> StatisticsOf(ModelRuns runs, DeploymentTarget target, int? version) =>
        from variant in target.Revisions.SelectMany(r => r.Variants)
        where version is null || variant.Route.ModelVersion == version
        group variant by variant.Route.ModelVersion into variants
        orderby variants.Key
        let totals = variants.Select(v => v.Counters.Totals()).ToList()
        let requests = totals.Sum(t => t.Requests)
        let answered = totals.Sum(t => t.Answered)
        let last = totals.Max(t => t.LastUtcTicks)
        select new InferenceModelStatistics(
            target.Route.Name, variants.Key.ToString(System.Globalization.CultureInfo.InvariantCulture),
            last == 0 ? 0 : new DateTimeOffset(last, TimeSpan.Zero).ToUnixTimeMilliseconds(), answered,
            variants.Select(v => v.Route.Set.Hash).Distinct().Sum(hash => runs.Of(target.Route.DeploymentId, hash)),
            new InferenceDurations(
                new InferenceDuration(answered, totals.Sum(t => t.AnsweredTicks) * TimeSpan.NanosecondsPerTick),
                new InferenceDuration(requests - answered, totals.Sum(t => t.RefusedTicks) * TimeSpan.NanosecondsPerTick),
                new InferenceDuration(requests, Nanoseconds(totals.Sum(t => t.QueueTicks))), new InferenceDuration(requests, Nanoseconds(totals.Sum(t => t.ReplicaTicks)))));

    private static long Nanoseconds(long stopwatchTicks) => (long)(stopwatchTicks * (1e9 / Stopwatch.Frequency));

    private static IResult Ok<T>(T value, JsonTypeInfo<T> type) => Results.Json(value, type);

    // 503 with when to ask again, as everywhere; clients of the protocol look at the status only.
    private static IResult Json<T>(T value, JsonTypeInfo<T> type, bool ready) => ready ? Ok(value, type) : new NotReadyResult(JsonSerializer.SerializeToUtf8Bytes(value, type));

    private sealed class NotReadyResult(byte[] body) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            var response = httpContext.Response;
            response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            response.Headers.RetryAfter = "1";
            response.ContentType = "application/json";
            response.ContentLength = body.Length;
            return response.Body.WriteAsync(body, httpContext.RequestAborted).AsTask();
        }
    }
}
