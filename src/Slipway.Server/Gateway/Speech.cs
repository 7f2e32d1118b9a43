using Slipway.Serving;
using Slipway.Server.Deployments;

namespace Slipway.Server.Gateway;

/// <summary>
/// Which form of asking reaches which runtime, and how the replica is told. <list type="table">
/// <item>JSON predict and invocations: every runtime; the body is the model's own (of onnx <c>{"inputs": {name: nested list}}</c> or a bare nested list).</item>
/// <item>MLflow's bodies on invocations: onnx and estimators, which are told that they may come; for others they are bodies like any other.</item>
/// <item>Open Inference: onnx; python and r when the package declares tensors; command as it is. Elsewhere 415.</item>
/// </list>
/// </summary>
internal static class Speech
{
    /// <returns>Null, or the refusal <c>dialect_not_supported</c>.</returns>
    public static GatewayError? Refuse(PredictForm form, VariantRoute variant) =>
        form != PredictForm.OpenInference || variant.Runtime is "onnx" or "command" || variant.Version.TakesTensors
            ? null
            : new GatewayError(
                415, "dialect_not_supported",
                $"{variant.Model} does not speak Open Inference: its package declares neither model_type: tensors nor a signature. Send JSON to /{{scope}}/models/{{name}}.");

    /// <summary>The member <c>dialect</c> of the predict's extras; null: the body is the model's own.</summary>
    public static string? Dialect(PredictForm form, VariantRoute variant) => form switch
    {
        PredictForm.OpenInference when variant.Runtime != "command" => Dialects.OpenInference,
        PredictForm.Invocations when variant.Runtime == "onnx" || variant.Version.IsEstimator => Dialects.MLflow,
        _ => null,
    };
}
