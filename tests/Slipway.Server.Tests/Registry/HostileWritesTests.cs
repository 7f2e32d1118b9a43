using System.Collections.Frozen;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Tests.Approvals;
using Slipway.Server.Tests.Experiments;
using Slipway.Server.Tests.Schedules;
using Slipway.Testing;

namespace Slipway.Server.Tests.Registry;

/// <summary>Values that no client means well, through every write of the own API: the stated code, and nothing stored or changed.</summary>
public sealed class HostileWritesTests
{
    /// <summary>Bodies that no route takes, whatever it does.</summary>
    private static readonly (string Name, byte[] Body, int Status, string Code)[] Bodies =
    [
        ("U+0000", Utf8("""{"name":"a\u0000b"}"""), 400, "invalid_json"),
        ("half a pair", Utf8("""{"name":"\ud800"}"""), 400, "invalid_json"),
        ("no double holds it", Utf8("""{"value":1e400}"""), 400, "invalid_json"),
        ("65 deep", Utf8($$"""{"x":{{new string('[', 65)}}{{new string(']', 65)}} }"""), 400, "invalid_json"),
        ("a key twice", Utf8("""{"name":"a","name":"b"}"""), 400, "invalid_json"),
        ("not UTF-8", [.. "{\"name\":\""u8, 0xC3, 0x28, .. "\"}"u8], 400, "invalid_json"),
        ("null", Utf8("null"), 400, "invalid_json"),
        ("a list", Utf8("[]"), 400, "invalid_json"),
        ("nothing", [], 400, "invalid_json"),
        ("an unknown field", Utf8("""{"no_such_field":1}"""), 400, "invalid_field"),
        ("2 MB", Utf8($$"""{"name":"{{new string('v', 2_000_000)}}"}"""), 413, "body_too_large"),
    ];

    /// <summary>What loops change, whatever is asked: the last use of a key, seals of the audit trail, what has been handed on to webhooks.</summary>
    private static readonly FrozenSet<string> Moving = FrozenSet.Create(
        "api_keys.last_used_at", "audit_entries.hash", "audit_entries.before_sequence", "audit_seals.sequence", "audit_seals.hash", "audit_seals.count", "outbox_events.fanned_out_at");

    /// <summary>One character past each limit, and names that look like others. (At the limits: the tests of each area.)</summary>
    public static TheoryData<string, string, string> PastLimits => new()
    {
        { "POST models", $$"""{"name":"{{Long(129)}}"}""", "invalid_field" },
        { "POST models", """{"name":"сhurn"}""", "invalid_field" },                                             // a Cyrillic с
        { "POST models", """{"name":"ｃhurn"}""", "invalid_field" },                                             // full width
        { "POST models", """{"name":"churn\u200b"}""", "invalid_field" },                                        // zero width
        { "POST models", """{"name":"../churn"}""", "invalid_field" },
        { "POST models", $$"""{"name":"m","description":"{{Long(5001)}}"}""", "invalid_field" },
        { "POST models", $$"""{"name":"m","tags":["{{Long(251)}}"]}""", "invalid_field" },
        { "PATCH models/churn", $$"""{"description":"{{Long(5001)}}"}""", "invalid_field" },
        { "PUT models/churn/tags", $$"""{"key":"{{Long(251)}}","value":"v"}""", "invalid_field" },
        { "PUT models/churn/tags", $$"""{"key":"k","value":"{{Long(5001)}}"}""", "invalid_field" },
        { "PUT models/churn/versions/1/tags", """{"key":"a\nb","value":"v"}""", "invalid_field" },
        { "PUT models/churn/versions/1/tags", $$"""{"key":"k","value":"{{Long(5001)}}"}""", "invalid_field" },
        { "PATCH models/churn/versions/1", $$"""{"description":"{{Long(5001)}}"}""", "invalid_field" },
        { "PATCH models/churn/versions/1", """{"label":"v7"}""", "invalid_field" },                               // a number's name
        { "POST models/churn/versions/1/stage", $$"""{"stage":"Staging","note":"{{Long(5001)}}"}""", "invalid_field" },
        { "POST models/churn/versions/1/stage", """{"stage":"Ѕtaging"}""", "invalid_field" },                     // a Cyrillic Ѕ
        { "PUT models/churn/versions/1/metrics", $$"""{"metrics":{"{{Long(251)}}":1} }""", "invalid_field" },
        { "PUT models/churn/versions/1/metrics", """{"metrics":{"m":"1"}}""", "invalid_field" },
        { "PUT models/churn/aliases/latest", """{"version":"1"}""", "invalid_field" },
        { "PUT models/churn/aliases/v3", """{"version":"1"}""", "invalid_field" },
        { $"PUT models/churn/aliases/{Long(256)}", """{"version":"1"}""", "invalid_field" },
        { "PUT models/churn/aliases/ch%C3%A4mpion", """{"version":"1"}""", "invalid_field" },
        { "POST models/churn/versions", """{"source_run_id":"x","artifact_path":"a","metadata":{"a_key_of_twenty_one_c":"v"}}""", "invalid_field" },
        { "POST experiments", $$"""{"name":"{{Long(251)}}"}""", "invalid_field" },
        { "POST experiments", """{"name":"nigh\u202etly"}""", "invalid_field" },                                  // turns the direction
        { "POST runs", $$"""{"experiment":"churn","name":"{{Long(251)}}"}""", "invalid_field" },
        { "POST runs/{run}/data-sets", $$"""{"name":"{{Long(251)}}","path":"p"}""", "invalid_field" },
        { "PATCH runs/{run}", $$"""{"notes":"{{Long(100_001)}}"}""", "invalid_field" },
        { "POST schedules", """{"name":"nіghtly","experiment":"e","cron":"0 0 1 1 *","upload_id":"x"}""", "invalid_field" },   // a Cyrillic і
        { "PATCH schedules/nightly", """{"cron":"* * * * * *"}""", "invalid_field" },
        { "PATCH schedules/nightly", """{"time_zone":"Europe/Atlantis"}""", "invalid_field" },
        { "PATCH schedules/nightly", """{"variables":{"LD_PRELOAD":"x"}}""", "invalid_field" },
        { "PATCH schedules/nightly", """{"timeout_seconds":1e300}""", "invalid_field" },
        { "POST deployments", """{"name":"сhurn","model":"churn","version":"1"}""", "invalid_field" },                  // a Cyrillic с
        { "POST deployments", $$"""{"name":"{{Long(64)}}","model":"churn","version":"1"}""", "invalid_field" },
        { "POST deployments", $$"""{"name":"d","model":"churn","version":"1","title":"{{Long(5001)}}"}""", "invalid_field" },
        { "POST deployments", """{"name":"d","model":"churn","version":"1","min_replicas":3,"max_replicas":2}""", "invalid_field" },
        { "POST deployments", """{"name":"d","model":"churn","version":"1","cpu_cores":1e300}""", "invalid_field" },
        { "POST deployments", """{"name":"d","model":"churn","version":"1","variables":{"LD_PRELOAD":"x"}}""", "invalid_field" },
        { "POST environments", """{"name":"Testing"}""", "invalid_field" },
        { "POST environments", $$"""{"name":"{{Long(41)}}"}""", "invalid_field" },
        { "POST environments", """{"name":"testing","after":"nowhere"}""", "invalid_field" },
        { "PATCH environments/staging", """{"min_replicas":-1}""", "invalid_field" },
        { "PUT environments/staging/secrets/LD_PRELOAD", """{"value":"x"}""", "invalid_field" },
        { "PUT environments/staging/secrets/A%0AB", """{"value":"x"}""", "address_malformed" },
        { "PUT environments/staging/secrets/TOKEN", """{"value":""}""", "invalid_field" },
        { "POST users", """{"name":"rоbert","role":"viewer"}""", "invalid_field" },                                // a Cyrillic о
        { "POST users", $$"""{"name":"{{Long(129)}}","role":"viewer"}""", "invalid_field" },
        { "POST users", """{"name":"robert","role":"root"}""", "invalid_field" },
        { "POST keys", $$"""{"name":"{{Long(129)}}"}""", "invalid_field" },
        { "POST keys", """{"name":"k","scopes":["everything"]}""", "invalid_field" },
        { "POST keys", """{"name":"k","expires_in_days":2147483647}""", "invalid_field" },
        { "POST uploads", $$"""{"files":[{"path":"a\u0001b","size_bytes":1,"sha256":"{{new string('a', 64)}}"}]}""", "invalid_field" },
        { "POST uploads", $$"""{"files":[{"path":"a","size_bytes":-1,"sha256":"{{new string('a', 64)}}"}]}""", "invalid_field" },
        { "POST uploads", """{"files":[{"path":"a","size_bytes":1,"sha256":"none"}]}""", "invalid_field" },
        { "PUT stage-protections/Archived", """{"reviewers":["rev"]}""", "invalid_field" },
    };

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task A_hostile_body_is_refused_by_every_write_and_leaves_nothing(string database)
    {
        await using var server = await Databases.StartAsync(database);
        var names = await GivenOneOfEachAsync(server);
        var before = await RowsAsync(server);
        var wrong = new List<string>();
        var routes = Writes(server);
        Assert.True(routes.Count > 50, $"Only {routes.Count} writes were found.");
        foreach (var (method, pattern, optional) in routes)
        {
            var path = Fill(pattern, names);
            foreach (var (name, body, status, code) in Bodies.Where(b => !optional || b.Body.Length > 0))
            {
                await RefusedAsync(server, method, path, body, status, code, $"{method} {pattern}, {name}", wrong);
            }

            await RefusedAsync(server, method, path, Utf8("{}"), 415, "content_type_refused", $"{method} {pattern}, text/plain", wrong, "text/plain");
        }

        foreach (var row in PastLimits)
        {
            var (route, body, code) = row.Data;
            var space = route.IndexOf(' ', StringComparison.Ordinal);
            await RefusedAsync(server, route[..space], "/api/v1/" + Fill(route[(space + 1)..], names), Utf8(body), 400, code, $"{route} {body[..Math.Min(80, body.Length)]}", wrong);
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.Equal(before, await RowsAsync(server));
    }

    [Fact]
    public async Task A_row_that_was_changed_is_seen()
    {
        await using var server = await TestServer.StartAsync();
        await server.Client.RegisterAsync("churn");
        var before = await RowsAsync(server);
        Assert.Equal(before, await RowsAsync(server));
        await (await server.Client.SendJsonAsync(HttpMethod.Patch, "/api/v1/models/churn", """{"description":"another"}""")).ShouldSucceedAsync();
        Assert.Contains((await RowsAsync(server)).Split('\n').Except(before.Split('\n')), t => t.StartsWith("models 1 ", StringComparison.Ordinal));
    }

    private static async Task RefusedAsync(
        TestServer server, string method, string path, byte[] body, int status, string code, string what, List<string> wrong, string type = "application/json")
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(type);
        using var response = await server.Client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        var said = text.StartsWith('{') ? JsonElement.Parse(text).TryGetProperty("code", out var c) ? c.GetString() : null : null;
        if ((int)response.StatusCode != status || said != code)
        {
            wrong.Add($"{what}: {(int)response.StatusCode} {said ?? text[..Math.Min(200, text.Length)]}, and not {status} {code}");
        }
    }

    /// <summary>Every route that takes a JSON body, and whether it may be left out, as the server lists them: a new one is tried without anybody thinking of it.</summary>
    private static List<(string Method, string Pattern, bool Optional)> Writes(TestServer server) =>
    [
        .. server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.RoutePattern.RawText!.StartsWith("/api/v1/", StringComparison.Ordinal) && e.Metadata.GetMetadata<IAcceptsMetadata>() is not null)
            .SelectMany(e => e.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods
                .Select(m => (m, e.RoutePattern.RawText!.TrimEnd('/'), e.Metadata.GetMetadata<IAcceptsMetadata>()!.IsOptional))).Order(),
    ];

    private static string Fill(string pattern, Dictionary<string, string> names)
    {
        return Regex.Replace(pattern, @"\{(?<name>\w+)(:\w+)?\}", m => names[m.Groups["name"].Value], RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture);
    }

    private static async Task<Dictionary<string, string>> GivenOneOfEachAsync(TestServer server)
    {
        await server.Client.PushedAsync("churn", ("a", "1"));
        await (await server.Client.SendJsonAsync(HttpMethod.Put, "/api/v1/models/churn/aliases/now", """{"version":"1"}""")).ShouldSucceedAsync();
        var run = await server.Client.GivenRunAsync();
        await server.Client.ScheduleAsync("nightly");
        await server.UserAsync("rev", Role.Viewer);
        await server.Client.ProtectAsync("churn", "Production", "rev");
        var asked = await server.Client.AskAsync("churn", 1);
        await (await server.Client.PostJsonAsync("/api/v1/webhooks", """{"name":"hook","url":"https://example.org/hook","events":["dev.slipway.model.registered"]}""")).ShouldSucceedAsync();
        return new Dictionary<string, string>
        {
            ["model"] = "churn", ["version"] = "1", ["alias"] = "now", ["stage"] = "Production", ["experiment"] = run.ExperimentId, ["run"] = run.Id, ["schedule"] = "nightly",
            ["id"] = asked.Id, ["environment"] = "development", ["name"] = "churn", ["number"] = "1", ["user"] = "rev",
        };
    }

    /// <summary>How many rows each table has, and a digest of all that is in them but for what changes by itself.</summary>
    private static async Task<string> RowsAsync(TestServer server)
    {
        await using var db = server.Services.GetRequiredService<Database>().Read();
        await db.Database.OpenConnectionAsync();
        var tables = new List<string>();
        foreach (var table in db.Model.GetEntityTypes().Select(t => t.GetTableName()).OfType<string>().Distinct().Order(StringComparer.Ordinal))
        {
            await using var command = db.Database.GetDbConnection().CreateCommand();
            command.CommandText = $"SELECT * FROM \"{table}\"";   // a name of our own model
            var rows = new List<string>();
            await using var reader = await command.ExecuteReaderAsync();
            var columns = Enumerable.Range(0, reader.FieldCount).Where(i => !Moving.Contains($"{table}.{reader.GetName(i)}")).ToList();
            while (await reader.ReadAsync())
            {
                rows.Add(string.Join('|', columns.Select(i => Written(reader.GetValue(i)))));
            }

            rows.Sort(StringComparer.Ordinal);
            tables.Add($"{table} {rows.Count} {RegistryCalls.Hex(Utf8(string.Join('\n', rows)))}");
        }

        return string.Join('\n', tables);
    }

    private static string Written(object value) => value switch
    {
        byte[] bytes => Convert.ToHexString(bytes),
        DateTime at => at.ToString("O", CultureInfo.InvariantCulture),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static string Long(int length) => new('x', length);
}
