namespace Slipway.Serving.Tensors;

/// <summary>Why tensors are refused; always the sender's mistake unless the code is <c>bad_answer</c> or <c>model_error</c>.</summary>
/// <param name="Code">
/// malformed_json, malformed_request, missing_input, unknown_input, unknown_output, datatype_mismatch, shape_mismatch, data_mismatch, tensor_too_large (all 400), or bad_answer, model_error (502).
/// </param>
/// <param name="Message">A sentence that names what was expected; no paths, and at most a short piece of what was sent.</param>
public sealed record TensorError(string Code, string Message)
{
    /// <summary>HTTP status that it means.</summary>
    public int Status => Code is BadAnswer or ModelError ? 502 : 400;

    public const string MalformedJson = "malformed_json";
    public const string MalformedRequest = "malformed_request";
    public const string MissingInput = "missing_input";
    public const string UnknownInput = "unknown_input";
    public const string UnknownOutput = "unknown_output";
    public const string DatatypeMismatch = "datatype_mismatch";
    public const string ShapeMismatch = "shape_mismatch";
    public const string DataMismatch = "data_mismatch";
    public const string TooLarge = "tensor_too_large";
    public const string BadAnswer = "bad_answer";
    public const string ModelError = "model_error";
}

/// <summary>Carries a <see cref="TensorError"/> out of nested parsing; every codec's entry catches it, so that callers see a value.</summary>
internal sealed class TensorException(string code, string message) : Exception(message)
{
    public TensorError Error { get; } = new(code, message);
}
