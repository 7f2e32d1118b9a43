using System.Buffers;

namespace Slipway.Server.Platform;

/// <summary>
/// Metadata of a route that speaks a dialect: its refusals, those of the edge and the gate included, have the dialect's own shape. The status is the same. As a feature of
/// the request it says so for an address that is the dialect's, whatever route it meets: none (404, 405) too.
/// </summary>
/// <param name="write">Writes the body, JSON.</param>
internal sealed class ErrorShape(Action<IBufferWriter<byte>, Refusal> write)
{
    public async Task WriteAsync(HttpContext context, Refusal refusal)
    {
        var body = new ArrayBufferWriter<byte>(256);
        write(body, refusal);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.WrittenCount;
        await context.Response.Body.WriteAsync(body.WrittenMemory, context.RequestAborted);
    }
}
