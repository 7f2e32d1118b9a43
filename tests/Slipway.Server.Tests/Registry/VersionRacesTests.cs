using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Slipway.Contracts;
using Slipway.Testing;

namespace Slipway.Server.Tests.Registry;

/// <summary>Versions that are made one by one, of uploads and with labels, by two at the same moment. SLIPWAY_RACE_ROUNDS=200 is the full form.</summary>
public sealed class VersionRacesTests
{
    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task Of_two_that_want_one_label_or_one_upload_one_gets_it_and_the_other_takes_no_number(string database)
    {
        await using var server = await Databases.StartAsync(database);
        await server.Client.RegisterAsync("churn");
        var next = 1;
        for (var round = 0; round < Databases.RaceRounds; round++)
        {
            // One label for two uploads, then one upload for two labels.
            var (label, first, second) = ($"v1.{round}.0", await UploadAsync(server), await UploadAsync(server));
            await OneOfAsync(server, next++, "label_taken", new CreateVersionRequest(first, Label: label), new CreateVersionRequest(second, Label: label));
            var upload = await UploadAsync(server);
            await OneOfAsync(server, next++, "upload_not_found", new CreateVersionRequest(upload, Label: $"v2.{round}.0"), new CreateVersionRequest(upload, Label: $"v3.{round}.0"));

            // What the loser of the label has uploaded is still there for another try.
            var left = (await server.Client.GetAsync($"/api/v1/uploads/{first}")).IsSuccessStatusCode ? first : second;
            var again = await server.Client.PostAsJsonAsync("/api/v1/models/churn/versions", new CreateVersionRequest(left), ContractsJson.Default.CreateVersionRequest);
            Assert.Equal(next++, (await again.ShouldBeAsync(HttpStatusCode.Created, ContractsJson.Default.ModelVersionInfo)).Version);
        }

        var made = (await server.Client.GetAsync<Page<ModelVersionInfo>>("/api/v1/models/churn/versions?limit=500")).Items;
        Assert.Equal(Enumerable.Range(1, Math.Min(next - 1, 500)).Select(n => next - n), made.Select(v => v.Version));
        var created = (await server.Client.GetAsync<Page<AuditEntryInfo>>("/api/v1/audit?action=version.created&limit=500")).Items;
        Assert.Equal(made.Select(v => $"churn/{v.Version}"), created.Select(e => e.Resource));   // one row each, in the same order
    }

    private static async Task<string> UploadAsync(TestServer server)
    {
        var uploaded = await server.Client.PutArchiveAsync(RegistryCalls.TarGz(("data.csv", Guid.NewGuid().ToByteArray())));
        return (await uploaded.ShouldBeAsync(HttpStatusCode.Created, ContractsJson.Default.UploadInfo)).Id;
    }

    /// <summary>Two at once: one makes this number, the other is refused so.</summary>
    private static async Task OneOfAsync(TestServer server, int number, string code, params CreateVersionRequest[] requests)
    {
        var answers = await Task.WhenAll(requests.Select(r => server.Client.PostAsJsonAsync("/api/v1/models/churn/versions", r, ContractsJson.Default.CreateVersionRequest)));
        var winner = Assert.Single(answers, a => a.IsSuccessStatusCode);
        var made = await winner.ShouldBeAsync(HttpStatusCode.Created, ContractsJson.Default.ModelVersionInfo);
        Assert.Equal((number, requests[Array.IndexOf(answers, winner)].Label), (made.Version, made.Label));
        var refused = JsonElement.Parse(await Assert.Single(answers, a => !a.IsSuccessStatusCode).Content.ReadAsStringAsync());
        Assert.Equal(code, refused.GetProperty("code").GetString());
    }
}
