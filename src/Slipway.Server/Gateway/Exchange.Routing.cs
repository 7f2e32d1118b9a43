using System.Buffers;
using System.Text;
using System.Text.Json;
using Slipway.Serving;
using Slipway.Server.History;
using Slipway.Server.Platform;
using Slipway.Server.Routing;

namespace Slipway.Server.Gateway;

/// <summary>2, where a revision has several variants: which one answers, and which one when that fails.</summary>
internal sealed partial class Exchange
{
    private const string ContextHeader = "Slipway-Context";
    private const string IdentityHeader = "Slipway-Identity";
    private const int LongestIdentity = 256;
    private RouteChoice? choice; // null: the variant was asked for by its version, or is not decided yet
    private GatewayError? primaryError; // set: the fallback answers
    private int tried; // attempts on this variant
    private bool readsBody; // the table may read the body
    private bool hasRead;
    private double draw;
    private JsonDocument? contextJson;
    private JsonDocument? bodyJson;
    private ContextValue[] values = [];

    private RouteLabel Label => choice is null ? variant!.Label : primaryError is null ? choice.Label : choice.FallbackLabel!;

    /// <summary>The variant of a revision for this request.</summary>
    /// <param name="isFinal">False before the body is there: a table is not asked yet, and the default stands for what it will say.</param>
    private GatewayError? Route(RevisionTarget revision, bool isFinal, out VariantTarget chosen)
    {
        chosen = revision.Default;
        choice = null;
        if (revision.Route.Router is not { } router)
        {
            choice = revision.Unrouted;
            return null;
        }

        if (!isFinal)
        {
            readsBody = router.ReadsBody;
            return null;
        }

        if (ReadContext(router) is { } wrong)
        {
            return wrong;
        }

        var (context, body) = (contextJson?.RootElement, bodyJson?.RootElement);
        if (values.Length < router.Fields.Length)
        {
            values = new ContextValue[router.Fields.Length];
        }

        ContextReader.Read(router, context, body, values);
        var row = router.Match(values, IdentityOf() ?? ContextReader.IdentityOf(router, context, body), draw);
        choice = revision.ChoiceOf(row);
        chosen = choice.Variant;
        return null;
    }

    /// <summary>The fallback, in a table that came after the choice.</summary>
    private VariantTarget? FallbackIn(DeploymentTarget found)
    {
        var (revision, name) = (choice!.Variant.Revision.RevisionId, choice.Fallback!.Route.Name);
        return found.Revisions.FirstOrDefault(r => r.Route.RevisionId == revision)?.Variants.FirstOrDefault(v => v.Route.Name == name);
    }

    /// <summary>Hands the request over to the fallback, where there is one and the failure allows it: the work had not begun, or the model ended it with an error of its own.</summary>
    private bool FallBack(GatewayError error)
    {
        if (primaryError is not null || choice?.Fallback is null || !Permits(error) || (isStreamedBody && attempts > 0) || !MayGoOn)
        {
            return false;
        }

        if (caller.Origin is Origin.Live or Origin.Sdk)
        {
            variant!.Counters.HandOver(error.FailsGate);
        }

        primaryError = error;
        tried = 0;
        return true;
    }

    /// <summary>Another try, here or on the fallback, does no harm: nobody has begun, or the work is over and failed, or it may be done twice.</summary>
    private bool Permits(GatewayError error) =>
        error.Status == 429 || (error.IsPassing && (!error.MayHaveBegun || target!.Route.Idempotent)) || (error.FromModel && error.Status is 500 or 501 or 502 or 503);

    private bool MayGoOn => Stopped == CallOutcome.Open && !context.Response.HasStarted;

    private bool MayRetryHere(GatewayError error, int retries) => tried <= retries && Permits(error) && !isStreamedBody && MayGoOn;

    /// <summary>Whether a model's own 5xx is not the answer yet: another try follows.</summary>
    private bool IsCovered(int status) =>
        status is 500 or 501 or 502 or 503 && primaryError is null && choice is { } routed && !isStreamedBody && MayGoOn
        && (routed.Fallback is not null || tried <= (routed.Variant.Route.Retries ?? 0));

    private string? IdentityOf() =>
        context.Request.Headers[IdentityHeader] is { Count: 1 } values && values[0] is { Length: > 0 and <= LongestIdentity } identity ? identity : null;

    /// <summary>Reads the context, and the body where the table asks for it; once per request.</summary>
    private GatewayError? ReadContext(Router router)
    {
        if (!hasRead)
        {
            hasRead = true;
            draw = gateway.Random.NextDouble() * 100;
            var header = context.Request.Headers[ContextHeader];
            if (header.Count > 1 || (header.Count == 1 && !TryParse(Encoding.UTF8.GetBytes(header[0] ?? ""), out contextJson)))
            {
                return GatewayErrors.BadContext;
            }
        }

        if (router.ReadsBody && bodyJson is null && !isStreamedBody && bodyType == BodyType.Json && jsonLength is null)
        {
            try
            {
                bodyJson = JsonDocument.Parse(body.AsMemory(0, bodyLength));
            }
            catch (JsonException)
            {
                // Not JSON after all, which is the model's to say; the fields are not given.
            }
        }

        return null;
    }

    private static bool TryParse(byte[] bytes, out JsonDocument? document)
    {
        document = null;
        if (JsonGuard.Check(bytes) is not null)
        {
            return false;
        }

        document = JsonDocument.Parse(bytes);
        return document.RootElement.ValueKind == JsonValueKind.Object;
    }

    /// <summary>What the record keeps beside the row: the values that its conditions looked at, and why the fallback answered.</summary>
    private string? Note()
    {
        if (choice?.Row is not { Cells.Length: > 0 } && primaryError is null)
        {
            return null;
        }

        var text = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(text))
        {
            json.WriteStartObject();
            if (choice!.Row is { } row)
            {
                json.WriteString("values"u8, ContextReader.ValuesOf(row, contextJson?.RootElement, bodyJson?.RootElement));
            }

            if (primaryError is { } error)
            {
                json.WriteString("fallback_reason"u8, error.Code);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(text.WrittenSpan);
    }

    private void BeginRouting()
    {
        (choice, primaryError, tried, readsBody, hasRead) = (null, null, 0, false, false);
    }

    private void EndRouting()
    {
        contextJson?.Dispose();
        bodyJson?.Dispose();
        (contextJson, bodyJson) = (null, null);
    }
}
