using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Slipway.EndToEnd.Tests;

/// <summary>Every command of the registry against what is really there: what it prints, and which of the documented exit codes it ends with.</summary>
public sealed class RegistryCommandTests
{
    private const string Script = "def predict(inputs): return {'answer': 42}\n";
    private static readonly string[] Nouns = ["models", "versions", "aliases", "protections", "approvals", "notifications", "experiments", "runs", "webhooks"];

    [Fact]
    public async Task Every_command_of_the_registry_prints_what_is_there_and_says_why_it_does_not()
    {
        await using var slipway = SlipwayProcess.Prepare();
        slipway.Variables["Slipway__AllowedPrivateHosts__0"] = "127.0.0.1";
        await slipway.UpAsync();
        var cli = new CommandLine(slipway);
        await Task.WhenAll(RegistryAsync(slipway, cli), RunsAsync(slipway, cli), WebhooksAsync(slipway, cli));
        Assert.Empty((await Task.WhenAll(Nouns.Select(cli.UntriedAsync))).SelectMany(verbs => verbs));
    }

    private static async Task RegistryAsync(SlipwayProcess slipway, CommandLine cli)
    {
        await ModelsAsync(slipway, cli);
        await VersionsAsync(slipway, cli);
        await StagesAndAliasesAsync(cli);
        await ApprovalsAsync(slipway, cli);
        await DeletionsAsync(cli);
    }

    private static async Task ModelsAsync(SlipwayProcess slipway, CommandLine cli)
    {
        await cli.PrintsAsync("models register base --description 'to start from' --tag seed", "base");
        await cli.EndsAsync(3, "models register base", "model_already_exists");
        await cli.PrintsAsync("models update base --description 'what all start from'", "base");
        await cli.PrintsAsync("models tag base team risk", "base");
        await cli.PrintsAsync("models show base", "what all start from", "seed", "team: risk", "no version yet", "admin");
        await cli.PrintsAsync("models untag base team");
        await cli.EndsAsync(4, "models untag base team", "tag_not_found");
        await slipway.PushAsync("echo", Packages.Echo("first"));
        Assert.DoesNotContain("echo", await cli.PrintsAsync("models list --tag seed", "NAME", "base", "what all start from"), StringComparison.Ordinal);
        Assert.Equal(["base", "echo"], (await cli.JsonAsync("models list")).GetProperty("items").EnumerateArray().Select(m => m.GetProperty("name").GetString()!).Order(StringComparer.Ordinal));
        await cli.PrintsAsync("models deployments echo", "development/echo", "v1", "live");
        await cli.EndsAsync(0, "models deployments base", "No version of it was deployed yet.");
        await cli.EndsAsync(4, "models show nothing", "There is no model nothing. [model_not_found]");
        await cli.EndsAsync(2, "models nothing", "slipway models --help");
    }

    private static async Task VersionsAsync(SlipwayProcess slipway, CommandLine cli)
    {
        var run = await GivenRunAsync(slipway, "origins", "first", 0.91, "3");
        await cli.PrintsAsync($"versions create base {slipway.WritePackage("base", Packages.Echo("base"))} --label v1.0.0", "base v1");
        await cli.PrintsAsync($"versions create base --run {run} --artifact model.py", "base v2");
        await cli.EndsAsync(2, "versions create base", "Say what becomes the version");
        await cli.PrintsAsync("versions list base", "v1.0.0", "v2", "None");
        await cli.PrintsAsync("versions update base 2 --label v2.0.0 --description tuned --parent base@1", "base v2");
        await cli.EndsAsync(3, "versions update base 1 --parent base@2", "parent");
        await cli.PrintsAsync("versions tag base 2 validated_by ada", "base v2");
        await cli.PrintsAsync("versions show base v2.0.0", "base v2 (v2.0.0)", "tuned", "base v1", "validated_by: ada", "metric", "accuracy: 0.91", "model.py");
        await cli.PrintsAsync("versions untag base 2 validated_by");
        await cli.PrintsAsync("versions log-metrics base 1 recall=0.9", "base v1");
        await cli.PrintsAsync("versions log-metrics base 2 recall=0.95", "base v2");
        await cli.EndsAsync(2, "versions log-metrics base 2 recall", "is not METRIC=NUMBER");
        await cli.PrintsAsync("versions metrics base 2", "training", "accuracy", "0.91", "validation", "recall", "0.95");
        await cli.PrintsAsync("versions compare base 1 2", "recall (validation) ↑", "0.9", "0.95 (+0.05) *", "model.py");
        await cli.EndsAsync(2, "versions compare base 1");
        await cli.PrintsAsync("versions lineage base 2", "base v2", "came from", "base v1  (fine tuned)", "run first  (produced)", "experiment origins");
        await cli.PrintsAsync("models lineage base", "base v1", "led to", "base v2");

        var folder = slipway.WritePackage("downloads", new Dictionary<string, string> { ["before"] = "" });
        await cli.EndsAsync(0, $"versions download base 1 --to {folder}", "2 files in");
        Assert.Equal(Packages.Echo("base")["model/model.py"], await File.ReadAllTextAsync(Path.Combine(folder, "model/model.py")));
        await cli.EndsAsync(0, $"versions download base 1 --zip {folder}/base.zip", "Wrote");
        await using var zip = await System.IO.Compression.ZipFile.OpenReadAsync($"{folder}/base.zip");
        Assert.Contains("model/model.py", zip.Entries.Select(e => e.FullName));
        await cli.EndsAsync(4, $"versions download base 1 --to {folder} --file nothing", "no file or folder nothing");
    }

    private static async Task StagesAndAliasesAsync(CommandLine cli)
    {
        await cli.PrintsAsync("versions transition base 1 Staging --note 'try it'", "v1: None to Staging");
        await cli.EndsAsync(3, "versions transition base 1 Nowhere", "A stage is None, Staging, Production or Archived.");
        await cli.PrintsAsync("models transitions base", "v1", "Staging", "admin", "try it");
        await cli.PrintsAsync("models stage-at base Staging", "v1", "now", "try it");
        await cli.EndsAsync(0, "models stage-at base Production", "No version was in Production then.");

        await cli.PrintsAsync("aliases set base champion 1", "champion: v1");
        await cli.PrintsAsync("aliases set base champion v2.0.0", "champion: v2");
        await cli.EndsAsync(4, "aliases set base champion 9", "version_not_found");
        await cli.PrintsAsync("aliases list base", "champion", "v2", "admin");
        await cli.PrintsAsync("versions show base @champion", "base v2 (v2.0.0)", "champion");
        await cli.PrintsAsync("aliases delete base champion");
        await cli.EndsAsync(4, "aliases delete base champion", "alias_not_found");
        await cli.PrintsAsync("aliases history base --alias champion", "v1", "v2", "deleted");
    }

    private static async Task ApprovalsAsync(SlipwayProcess slipway, CommandLine cli)
    {
        await cli.PrintsAsync("users create rev --role analyst");
        await cli.EndsAsync(4, "protections set Production --model base --reviewers nobody", "user_not_found");
        await cli.PrintsAsync("protections set Production --model base --reviewers admin,rev", "base: Production is protected");
        await cli.PrintsAsync("protections list --model base", "base", "Production", "admin", "rev");
        using var rev = new HttpClient { BaseAddress = slipway.Address };
        rev.DefaultRequestHeaders.Authorization = new("Bearer", (await cli.JsonAsync("keys create review --user rev")).GetProperty("key").GetString());

        var slow = await AskedAsync("better");
        await cli.PrintsAsync("approvals list --mine to_decide", slow, "base", "None to Production", "pending", "rev", "better");
        await cli.PrintsAsync("notifications list", "approval_requested");
        var message = (await cli.JsonAsync("notifications list")).GetProperty("items")[0].GetProperty("id").GetString();
        await cli.PrintsAsync($"notifications read {message}");
        await cli.EndsAsync(0, "notifications list", "Nothing new.");
        await cli.PrintsAsync("notifications list --all", message!);
        await cli.PrintsAsync($"approvals comment {slow} 'which data set?'", "admin: which data set?");
        await cli.PrintsAsync($"approvals show {slow}", "pending", "by rev", "better", "admin: which data set?");
        await cli.EndsAsync(2, $"approvals reject {slow}", "--comment");
        await cli.PrintsAsync($"approvals reject {slow} --comment 'too slow'", "rejected");
        await cli.EndsAsync(3, $"approvals approve {slow}", "approval_already_decided");

        var good = await AskedAsync("faster");
        await cli.PrintsAsync($"approvals approve {good} --comment good", "approved");
        await Eventually.TrueAsync(async () => (await slipway.GetAsync("/api/v1/models/base/versions/2")).GetProperty("stage").GetString() == "Production", "the approved change is made");
        await cli.PrintsAsync("models transitions base --version 2", "Production", "faster");
        await cli.PrintsAsync($"approvals show {good}", "approved and made", "good");

        var own = await cli.EndsAsync(10, "versions transition base 1 Production", "This needs an approval by", $"{slipway.Address}ui/approvals/");
        await cli.EndsAsync(5, $"approvals approve {own}", "own_request");
        await cli.PrintsAsync($"approvals cancel {own} --comment 'not yet'", "cancelled");
        await cli.EndsAsync(4, $"approvals show {Guid.Empty}", "approval_not_found");
        await cli.PrintsAsync("protections delete Production --model base");
        await cli.EndsAsync(4, "protections delete Production --model base", "protection_not_found");

        await cli.PrintsAsync("notifications read", "0 unread");
        await cli.PrintsAsync("notifications prefer approval_commented off", "approval_commented");
        Assert.Contains((await cli.PrintsAsync("notifications preferences")).Split('\n'), l => l.StartsWith("approval_commented", StringComparison.Ordinal) && l.Contains("off", StringComparison.Ordinal));
        await cli.EndsAsync(3, "notifications prefer nothing off");
        await cli.EndsAsync(2, "notifications prefer approval_commented maybe");

        async Task<string> AskedAsync(string note)
        {
            using var asked = await rev.PostAsJsonAsync("/api/v1/models/base/versions/2/stage", new { stage = "Production", note });
            Assert.Equal(202, (int)asked.StatusCode);
            return (await asked.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
        }
    }

    private static async Task DeletionsAsync(CommandLine cli)
    {
        await cli.EndsAsync(3, "versions delete base 2 --dry-run", "version_in_production");
        await cli.EndsAsync(3, "versions delete base 2 --yes", "version_in_production");
        await cli.EndsAsync(3, "versions delete echo 1 --yes", "development/echo", "version_in_use");
        await cli.EndsAsync(2, "versions delete base 1", "cannot be undone; say --yes");
        await cli.PrintsAsync("versions delete base 1 --dry-run", "This goes: 1 version(s) with 2 file(s)", "1 metric(s)", "base v2");
        await cli.PrintsAsync("versions delete base 1 --yes");
        await cli.EndsAsync(4, "versions show base 1", "version_not_found");
        await cli.PrintsAsync("models register gone");
        await cli.PrintsAsync("models delete gone --dry-run", "0 version(s)");
        await cli.PrintsAsync("models delete gone --yes");
        await cli.EndsAsync(4, "models delete gone --yes", "model_not_found");
    }

    private static async Task RunsAsync(SlipwayProcess slipway, CommandLine cli)
    {
        var made = await cli.PrintsAsync("experiments create 'Churn 2026' --description spring --tag team=growth");
        await cli.EndsAsync(3, "experiments create 'Churn 2026'", "experiment_already_exists");
        await cli.PrintsAsync($"experiments update {made} --name churn --status Completed", made);
        await cli.EndsAsync(2, "experiments update churn", "Say what to change");
        await cli.PrintsAsync("experiments show churn", $"{made} churn", "spring", "Completed", "team: growth", "by admin");
        await cli.PrintsAsync("experiments list --tag team=growth", made, "churn", "spring");
        await cli.PrintsAsync($"experiments archive {made}", "churn: Archived");
        await cli.EndsAsync(0, "experiments list --tag team=growth", "No experiments.");
        await cli.PrintsAsync("experiments restore churn", "churn: ");
        await cli.EndsAsync(4, "experiments show nothing", "experiment_not_found");

        var (first, second) = (await GivenRunAsync(slipway, "trees", "shallow", 0.91, "3"), await GivenRunAsync(slipway, "trees", "deep", 0.95, "9"));
        await cli.PrintsAsync("runs list trees", first, second, "shallow", "Running", "accuracy=0.91", "depth=3");
        Assert.DoesNotContain(first, await cli.PrintsAsync("runs search 'metrics.accuracy > 0.93' --experiment trees --order-by 'metrics.accuracy DESC'", second), StringComparison.Ordinal);
        await cli.EndsAsync(3, "runs search 'metrics.accuracy >'", "filter: ");
        await cli.PrintsAsync($"runs show {first}", "shallow", "trees", "depth = 3", "accuracy = 0.91 (step 1)", "team: growth", "1 files");
        await cli.PrintsAsync($"runs metrics {first} accuracy", "STEP", "0.5", "0.91");
        await cli.EndsAsync(4, $"runs metrics {first} nothing", "metric_not_found");
        await cli.PrintsAsync($"runs compare {first} {second}", "shallow", "deep", "params.depth", "metrics.accuracy", "0.95");
        await cli.EndsAsync(2, $"runs compare {first}");
        await cli.PrintsAsync($"runs artifacts {first}", "PATH", "model.py");
        var folder = slipway.WritePackage("artifacts", new Dictionary<string, string> { ["before"] = "" });
        await cli.EndsAsync(0, $"runs download {first} --to {folder}", "1 file written to");
        Assert.Equal(Script, await File.ReadAllTextAsync(Path.Combine(folder, "model.py")));
        await cli.EndsAsync(4, $"runs download {first} --path nothing --to {folder}", "The run has no such files.");

        await cli.PrintsAsync($"runs note {first} --text '**deeper** trees'", "**deeper** trees");
        await cli.PrintsAsync($"runs note {first}", "**deeper** trees");
        var alert = await cli.PrintsAsync($"runs alert {first} 'accuracy > 0.99' --message 'too good'");
        await cli.EndsAsync(3, $"runs alert {first} nonsense", "condition: ");
        await cli.PrintsAsync($"runs alerts {first}", alert, "accuracy > 0.99", "too good", "0 times");
        await cli.PrintsAsync($"runs unalert {first} {alert}");
        await cli.EndsAsync(4, $"runs unalert {first} {alert}", "alert_not_found");
        await cli.PrintsAsync($"runs finish {first} --status Failed --reason 'out of memory'", "Failed");
        await cli.EndsAsync(3, $"runs finish {first}", "run_finished");
        await cli.PrintsAsync($"runs resume {first}", "Running");
        await cli.PrintsAsync($"runs finish {first} --status Failed --reason 'out of memory'", "Failed");
        await cli.PrintsAsync($"runs delete {first}");
        Assert.DoesNotContain(first, await cli.PrintsAsync("runs list trees", second), StringComparison.Ordinal);
        await cli.PrintsAsync($"runs restore {first}", first);
        await cli.PrintsAsync("runs list trees", first, "Failed");
        await cli.EndsAsync(4, $"runs show {new string('0', 32)}", "run_not_found");
    }

    private static async Task WebhooksAsync(SlipwayProcess slipway, CommandLine cli)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        await using var receiver = builder.Build();
        receiver.Run(context =>
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return Task.CompletedTask;
        });
        await receiver.StartAsync();

        await cli.PrintsAsync("webhooks events", "dev.slipway.schedule.missed", "A version came to another stage.");
        Assert.StartsWith("whsec_", await cli.PrintsAsync($"webhooks create ci {receiver.Urls.First()}/hook --events dev.slipway.schedule.missed"), StringComparison.Ordinal);
        await cli.EndsAsync(3, $"webhooks create ci {receiver.Urls.First()}/hook", "webhook_already_exists");
        await cli.EndsAsync(3, "webhooks create other http://10.0.0.1/hook", "url: ");
        var id = (await cli.JsonAsync("webhooks list")).GetProperty("items")[0].GetProperty("id").GetString();
        await cli.PrintsAsync($"webhooks update {id} --name build", "build: active");
        await cli.PrintsAsync("webhooks list", id!, "build", "dev.slipway.schedule.missed", "active");
        Assert.StartsWith("whsec_", await cli.PrintsAsync($"webhooks rotate-secret {id}"), StringComparison.Ordinal);
        var delivery = await cli.PrintsAsync($"webhooks test {id}");
        await Eventually.TrueAsync(
            async () => (await slipway.GetAsync($"/api/v1/webhooks/deliveries/{delivery}")).GetProperty("delivery").GetProperty("state").GetString() == "delivered", "the test is delivered");
        await cli.PrintsAsync($"webhooks deliveries --webhook {id} --state delivered", delivery, "dev.slipway.webhook.test", "delivered");
        await cli.PrintsAsync($"webhooks delivery {delivery}", "delivered", "204", " ms");
        await cli.PrintsAsync($"webhooks redeliver {delivery}", "pending");
        await cli.EndsAsync(4, $"webhooks delivery {Guid.Empty}", "delivery_not_found");
        await cli.EndsAsync(2, $"webhooks delete {id}", "say --yes");
        await cli.PrintsAsync($"webhooks delete {id} --yes");
        await cli.EndsAsync(0, "webhooks list", "No webhooks.");
        await cli.EndsAsync(4, $"webhooks test {id}", "webhook_not_found");
    }

    private static async Task<string> GivenRunAsync(SlipwayProcess slipway, string experiment, string name, double accuracy, string depth)
    {
        using var started = await slipway.Client.PostAsJsonAsync("/api/v1/runs", new { experiment, name, create_experiment = true });
        var id = (await started.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
        using var logged = await slipway.Client.PostAsJsonAsync($"/api/v1/runs/{id}/log", new
        {
            metrics = new[] { new { key = "accuracy", value = 0.5, step = 0 }, new { key = "accuracy", value = accuracy, step = 1 } },
            parameters = new { depth }, tags = new { team = "growth" },
        });
        Assert.Equal(204, (int)logged.StatusCode);
        using var content = new StringContent(Script, new MediaTypeHeaderValue("application/octet-stream"));
        using var stored = await slipway.Client.PutAsync($"/api/v1/runs/{id}/artifacts/model.py", content);
        Assert.True(stored.IsSuccessStatusCode);
        return id;
    }
}
