namespace Slipway.Server.Platform;

/// <summary>Every way in which the HTTP edge says no.</summary>
internal static class EdgeRefusals
{
    public static Refusal HostNotAllowed { get; } = Refusal.BadRequest(
        "host_not_allowed", "This server does not answer to the host name of this request; use a loopback name or add the name to AllowedHosts.");

    public static Refusal AddressMalformed { get; } = Refusal.BadRequest("address_malformed", "The address contains a control character or NUL.");

    public static Refusal NotFound { get; } = Refusal.NotFound("not_found", "There is nothing at this address.");

    public static Refusal MethodNotAllowed { get; } = new(405, "method_not_allowed", "This address does not take this method; the header Allow lists those it takes.");

    public static Refusal ContentTypeRefused { get; } = new(415, "content_type_refused", "This content type is not taken here; send application/json.");

    public static Refusal ContentTypeNotJson { get; } = new(415, "content_type_not_json", "Send JSON with the header Content-Type: application/json.");

    public static Refusal BodyTooSlow { get; } = new(408, "body_too_slow", "The body did not arrive in time.");

    public static Refusal BodyIncomplete { get; } = Refusal.BadRequest("body_incomplete", "The body ended before it was complete.");

    public static Refusal Internal { get; } = new(500, "internal_error", "Slipway failed to answer; this is a defect. The server's log tells more under this request id.");

    public static Refusal BodyTooLarge(long mostBytes) => new(413, "body_too_large", $"The body is larger than {mostBytes} bytes.") { Limit = mostBytes, MeasuresBody = true };

    public static Refusal BadRequest(string detail) => Refusal.BadRequest("bad_request", detail);

    /// <summary>For answers that ASP.NET Core gives without a body of their own.</summary>
    public static Refusal OfStatus(int status) => status switch
    {
        404 => NotFound,
        405 => MethodNotAllowed,
        408 => BodyTooSlow,
        413 => BodyTooLarge(HttpEdge.MostBodyBytes),
        415 => ContentTypeRefused,
        416 => new Refusal(416, "range_not_satisfiable", "The range lies outside the file."),
        _ => new Refusal(status, status >= 500 ? "internal_error" : "bad_request", "The request could not be answered."),
    };
}
