using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Primitives;
using Slipway.Server.Deployments;
using Slipway.Server.History;
using Slipway.Server.Identity;

namespace Slipway.Server.Gateway;

/// <summary>1: who asks.</summary>
internal sealed partial class Exchange
{
    private GatewayError? Identify()
    {
        var request = context.Request;
        var authorization = request.Headers.Authorization;
        var table = gateway.Table.Source;
        if (authorization.Count > 0)
        {
            // Two headers are no identity: one proxy reads the first, another the last.
            return authorization.Count == 1 ? Accept(gateway.Keys.Find(authorization.ToString(), table, ReadHeader)) : GatewayErrors.KeyUnknown;
        }

        if (request.QueryString.HasValue && request.Query.TryGetValue("apikey", out var key) && request.Query.TryGetValue("username", out var user)
            && key.Count == 1 && user.Count == 1)
        {
            return Accept(gateway.Keys.Find($"{user}\n{key}", table, ReadQuery));
        }

        return gateway.Sessions.Find(request.Cookies[Sessions.CookieName]) is { } session ? Accept(session) : GatewayErrors.Unauthenticated;
    }

    /// <summary>A browser session, if its own page asks: the origin ui counts here and nowhere else. Anybody may say that a prediction is the simulator's, and so not count.</summary>
    private GatewayError? Accept(SessionIdentity session)
    {
        var headers = context.Request.Headers;
        if (!CryptographicOperations.FixedTimeEquals(
            Encoding.UTF8.GetBytes(headers[Sessions.CsrfHeader].ToString()), Encoding.UTF8.GetBytes(session.CsrfToken)))
        {
            return GatewayErrors.CsrfMissing;
        }

        caller = new PredictionCaller(session.UserId, session.User, null, OriginOf(headers["Slipway-Origin"].ToString(), Origin.Live));
        return Rights.Of(session.Role, Right.Predict) == Grant.Yes ? null : GatewayErrors.PredictMissing;
    }

    private GatewayError? Accept(KnownKey? known)
    {
        if (known is null)
        {
            return GatewayErrors.KeyUnknown;
        }

        if (known.Route.ExpiresAt is { } expires && expires <= receivedAt)
        {
            return GatewayErrors.KeyExpired;
        }

        if (!known.Route.CanPredict)
        {
            return GatewayErrors.PredictMissing;
        }

        known.Used(receivedAt.UtcTicks);
        var simulates = context.Request.Headers["Slipway-Origin"] == "simulator";
        caller = new PredictionCaller(
            known.Route.UserId, known.Route.User, known.Route.DefaultEnvironment,
            simulates ? Origin.Simulator : IsSdk(context.Request.Headers.UserAgent) ? Origin.Sdk : Origin.Live);
        return null;
    }

    private static Origin OriginOf(string said, Origin other) => said switch
    {
        "ui" => Origin.Ui,
        "simulator" => Origin.Simulator,
        _ => other,
    };

    private static bool IsSdk(StringValues agent) =>
        agent.Count == 1 && agent[0] is { } value
        && (value.StartsWith("slipway-sdk", StringComparison.Ordinal) || value.StartsWith("slipway-python", StringComparison.Ordinal));

    private static (string? User, string Key)? ReadQuery(string presented)
    {
        var at = presented.IndexOf('\n');
        return (presented[..at], presented[(at + 1)..]);
    }

    private static (string? User, string Key)? ReadHeader(string header)
    {
        var space = header.IndexOf(' ');
        if (space < 0)
        {
            return null;
        }

        var scheme = header.AsSpan(0, space);
        var value = header.AsSpan(space + 1).Trim(' ');
        if (scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase) || scheme.Equals("Api-Key", StringComparison.OrdinalIgnoreCase))
        {
            return (null, value.ToString());
        }

        if (!scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var bytes = new byte[value.Length];
        if (!Convert.TryFromBase64Chars(value, bytes, out var length))
        {
            return null;
        }

        var pair = Encoding.UTF8.GetString(bytes, 0, length);
        var colon = pair.IndexOf(':');
        return colon < 0 ? null : (pair[..colon], pair[(colon + 1)..]);
    }
}
