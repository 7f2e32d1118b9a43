using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Schedules;
using Slipway.Server.Tests.Registry;
using Slipway.Testing;

namespace Slipway.Server.Tests.Schedules;

public sealed class ScheduleTests
{
    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task A_schedule_is_made_listed_edited_paused_resumed_and_deleted(string database)
    {
        await using var server = await Databases.StartAsync(database);
        var client = server.Client;
        var made = await client.ScheduleAsync(
            "iris", config: "base_image: python-system\nresources: {cpu: 1, memory: 256Mi}\njob:\n  command: [python, train.py, --fast]\n",
            change: r => r with
            {
                TimeZone = "Europe/Berlin", Parameters = JsonElement.Parse("""{"depth": 3}"""), Variables = new Dictionary<string, string> { ["DATA"] = "s3" }, TimeoutSeconds = 90,
            });
        Assert.Equal(("iris", "active", "nightly", "Europe/Berlin", 90, 256), (made.Name, made.Status, made.Experiment, made.TimeZone, made.TimeoutSeconds, made.MemoryMib));
        Assert.Equal(["python", "train.py", "--fast"], made.Package.Command);
        Assert.Equal(["config.yaml", "train.py"], made.Package.Files.Select(f => f.Path));
        Assert.Equal(3, made.Parameters.GetProperty("depth").GetInt32());
        Assert.NotNull(made.NextRunAt);
        Assert.Equal("iris", Assert.Single((await client.GetAsync<Page<ScheduleInfo>>("/api/v1/schedules?q=IRI&status=active".Replace("IRI", "ir", StringComparison.Ordinal))).Items).Name);
        Assert.Empty((await client.GetAsync<Page<ScheduleInfo>>("/api/v1/schedules?status=paused")).Items);

        // Two people: the second edit meets the ETag of the first.
        var edit = new HttpRequestMessage(HttpMethod.Patch, "/api/v1/schedules/iris")
        {
            Content = JsonContent.Create(new UpdateScheduleRequest(Cron: "0 12 * * *", Description: "Noon"), ContractsJson.Default.UpdateScheduleRequest),
        };
        edit.Headers.Add("If-Match", made.Etag);
        var edited = await (await client.SendAsync(edit)).ReadAsync<ScheduleInfo>();
        Assert.Equal(("0 12 * * *", "Noon", 12), (edited.Cron, edited.Description, TimeZoneInfo.ConvertTime(edited.NextRunAt!.Value, TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin")).Hour));
        var stale = new HttpRequestMessage(HttpMethod.Delete, "/api/v1/schedules/iris");
        stale.Headers.Add("If-Match", made.Etag);
        await (await client.SendAsync(stale)).ShouldRefuseAsync(412, "stale_etag");

        // What it runs is read as a file, and another base image needs no upload.
        var script = await server.As(Role.Viewer).GetAsync("/api/v1/schedules/iris/files/train.py");
        Assert.Equal(("print('hello')\n", "attachment", "application/octet-stream"), (
            await script.Content.ReadAsStringAsync(), script.Content.Headers.ContentDisposition?.DispositionType, script.Content.Headers.ContentType?.MediaType));
        await (await client.GetAsync("/api/v1/schedules/iris/files/other.py")).ShouldRefuseAsync(404, "file_not_found");
        await (await client.GetAsync("/api/v1/schedules/none/files/train.py")).ShouldRefuseAsync(404, "schedule_not_found");
        await (await client.SendJsonAsync(HttpMethod.Patch, "/api/v1/schedules/iris", """{"base_image":"nowhere"}""")).ShouldRefuseAsync(400, "unknown_base_image");
        var rebased = await (await client.SendJsonAsync(HttpMethod.Patch, "/api/v1/schedules/iris", """{"base_image":"python"}""")).ReadAsync<ScheduleInfo>();
        Assert.Equal(("python", made.Package.Digest, "0 12 * * *"), (rebased.Package.BaseImage, rebased.Package.Digest, rebased.Cron));
        Assert.Equal((made.Package.Files, made.Package.Command), (rebased.Package.Files, rebased.Package.Command), (one, other) => one.Files.SequenceEqual(other.Files) && one.Command.SequenceEqual(other.Command));
        var back = await (await client.SendJsonAsync(HttpMethod.Patch, "/api/v1/schedules/iris", """{"base_image":"python-system"}""")).ReadAsync<ScheduleInfo>();
        Assert.Equal("python-system", back.Package.BaseImage);

        var paused = await (await client.PostAsync("/api/v1/schedules/iris/pause", null)).ReadAsync<ScheduleInfo>();
        Assert.Equal(("paused", null), (paused.Status, paused.NextRunAt));
        var resumed = await (await client.PostAsync("/api/v1/schedules/iris/resume", null)).ReadAsync<ScheduleInfo>();
        Assert.Equal("active", resumed.Status);
        Assert.NotNull(resumed.NextRunAt);

        await (await client.DeleteAsync("/api/v1/schedules/iris")).ShouldSucceedAsync();
        await (await client.GetAsync("/api/v1/schedules/iris")).ShouldRefuseAsync(404, "schedule_not_found");
        Assert.Equal(
            ["schedule.created", "schedule.updated", "schedule.updated", "schedule.updated", "schedule.paused", "schedule.resumed", "schedule.deleted"],
            (await client.GetAsync<Page<AuditEntryInfo>>("/api/v1/audit?limit=200")).Items.Where(e => e.ResourceKind == "schedule").Select(e => e.Action).Reverse());
    }

    [Fact]
    public async Task What_is_wrong_is_named_field_by_field_and_nothing_is_made()
    {
        await using var server = await TestServer.StartAsync();
        var upload = await server.Client.UploadAsync(("train.py", "pass\n"));
        var refused = await (await server.Client.CreateScheduleAsync(new CreateScheduleRequest(
            "a b", " ", "61 * * * *", upload, "Mars/Base", Parameters: JsonElement.Parse("[1]"), Variables: new Dictionary<string, string> { ["SLIPWAY_URL"] = "x" },
            TimeoutSeconds: 0, CpuCores: 0, MemoryMib: 1, GraceSeconds: -1))).ShouldRefuseAsync(400, "invalid_field");
        Assert.Equal(
            ["cpu_cores", "cron", "experiment", "grace_seconds", "memory_mib", "name", "parameters", "time_zone", "timeout_seconds", "variables"], refused.Errors!.Keys.Order());
        Assert.Empty((await server.Client.GetAsync<Page<ScheduleInfo>>("/api/v1/schedules")).Items);
        await (await server.Client.GetAsync($"/api/v1/uploads/{upload}")).ShouldSucceedAsync();   // a form can be sent again with it
    }

    [Theory]
    [InlineData("config.yaml", "job: {command: [python, nightly.py]}\n", "job_file_missing")]
    [InlineData("config.yaml", "description: no command\n", "job_command_missing")]
    [InlineData("config.yaml", "job: {command: []}\n", "bad_config")]
    [InlineData("config.yaml", "job: python train.py\n", "bad_config")]
    [InlineData("config.yaml", "job: {command: [python, -V]}\nbase_image: nowhere\n", "unknown_base_image")]
    [InlineData("config.yaml", "job: {command: [python, -V]}\nrequirements_file: r.txt\n", "bad_requirements")]
    public async Task A_package_that_cannot_be_a_job_is_refused_with_the_reason(string path, string text, string code)
    {
        await using var server = await TestServer.StartAsync();
        var upload = await server.Client.UploadAsync((path, text));
        await (await server.Client.CreateScheduleAsync(new CreateScheduleRequest("bad", "e", "0 0 * * *", upload))).ShouldRefuseAsync(400, code);
        Assert.Empty((await server.Client.GetAsync<Page<ScheduleInfo>>("/api/v1/schedules")).Items);
    }

    [Fact]
    public async Task The_preview_says_the_next_times_or_what_is_wrong()
    {
        await using var server = await TestServer.StartAsync();
        var preview = await server.As(Role.Viewer).GetAsync<CronPreview>("/api/v1/schedules/preview?cron=0%203%20*%20*%20*&time_zone=Asia%2FTokyo&from=2026-01-01T00:00:00Z");
        Assert.Equal(5, preview.Times.Count);
        Assert.Equal(new DateTimeOffset(2026, 1, 2, 3, 0, 0, TimeSpan.FromHours(9)), preview.Times[0]);
        Assert.Equal(TimeSpan.FromHours(9), preview.Times[0].Offset);
        var refused = await (await server.Client.GetAsync("/api/v1/schedules/preview?cron=0%2099%20*%20*%20*")).ShouldRefuseAsync(400, "invalid_field");
        Assert.Contains("Hour", Assert.Single(refused.Errors!["cron"]), StringComparison.Ordinal);
        await (await server.Client.GetAsync("/api/v1/schedules/preview?cron=0%203%20*%20*%20*&count=99")).ShouldRefuseAsync(400, "invalid_field");
    }

    [Fact]
    public async Task An_analyst_operates_own_schedules_a_manager_all_and_a_viewer_none()
    {
        await using var server = await TestServer.StartAsync(services: s => s.Remove(s.Single(d => d.ImplementationType == typeof(ScheduleLoop))));
        await server.As(Role.Analyst).ScheduleAsync("own");
        await server.Client.ScheduleAsync("other");
        await (await server.As(Role.Analyst).PostAsync("/api/v1/schedules/own/pause", null)).ShouldSucceedAsync();
        foreach (var (method, path) in new[] { ("POST", "/pause"), ("POST", "/executions"), ("DELETE", ""), ("POST", "/executions/1/cancel") })
        {
            await (await server.As(Role.Analyst).SendAsync(new HttpRequestMessage(new HttpMethod(method), $"/api/v1/schedules/other{path}"))).ShouldRefuseAsync(403, "not_the_owner");
            await (await server.As(Role.Viewer).SendAsync(new HttpRequestMessage(new HttpMethod(method), $"/api/v1/schedules/own{path}"))).ShouldRefuseAsync(403, "missing_right");
        }

        await (await server.As(Role.Manager).PostAsync("/api/v1/schedules/own/executions", null)).ShouldSucceedAsync();
        Assert.Equal(2, (await server.As(Role.Viewer).GetAsync<Page<ScheduleInfo>>("/api/v1/schedules")).Items.Count);
    }

    [Fact]
    public async Task A_key_with_the_scope_of_a_job_writes_the_registry_and_opens_no_other_door()
    {
        await using var server = await TestServer.StartAsync();
        var job = await server.UserAsync("robot", Role.Administrator, KeyScope.Train);   // whoever it belongs to
        await (await job.RegisterAsync("iris")).ShouldSucceedAsync();
        await (await job.GetAsync("/api/v1/models/iris")).ShouldSucceedAsync();
        await (await job.PostJsonAsync("/api/v1/deployments", """{"environment":"production","name":"x","model":"iris","version":"1"}""")).ShouldRefuseAsync(403, "missing_scope");
        await (await job.PostJsonAsync("/api/v1/keys", """{"name":"more"}""")).ShouldRefuseAsync(403, "missing_scope");
        await (await job.PostJsonAsync("/api/v1/schedules", "{}")).ShouldRefuseAsync(403, "missing_scope");
        await (await job.DeleteAsync("/api/v1/models/iris")).ShouldRefuseAsync(403, "missing_scope");
        await (await job.GetAsync("/api/v1/users")).ShouldRefuseAsync(403, "missing_scope");
    }

    [Fact]
    public async Task Only_one_execution_runs_at_a_time_and_records_answer_by_number()
    {
        await using var server = await TestServer.StartAsync(services: s => s.Remove(s.Single(d => d.ImplementationType == typeof(ScheduleLoop))));
        await server.Client.ScheduleAsync("one");
        var first = await server.Client.RunNowAsync("one");
        Assert.Equal((1, "manual", "queued", "test-administrator"), (first.Number, first.Trigger, first.Status, first.StartedBy));
        await (await server.Client.PostAsync("/api/v1/schedules/one/executions", null)).ShouldRefuseAsync(409, "execution_running");
        Assert.Equal(1, (await server.Client.GetAsync<ScheduleInfo>("/api/v1/schedules/one")).Current!.Number);
        await (await server.Client.GetAsync("/api/v1/schedules/one/executions/9")).ShouldRefuseAsync(404, "execution_not_found");
        await (await server.Client.GetAsync("/api/v1/schedules/none/executions")).ShouldRefuseAsync(404, "schedule_not_found");
        await (await server.Client.GetAsync("/api/v1/schedules/one/executions?status=asleep")).ShouldRefuseAsync(400, "invalid_field");
        Assert.Single((await server.Client.GetAsync<Page<ExecutionInfo>>("/api/v1/schedules/one/executions?status=queued&status=running")).Items);

        // It has not begun, so deleting waits for the loop, which is not there.
        await (await server.Client.DeleteAsync("/api/v1/schedules/one")).ShouldSucceedAsync();
        Assert.Equal("deleting", (await server.Client.GetAsync<ScheduleInfo>("/api/v1/schedules/one")).Status);
        await (await server.Client.PostAsync("/api/v1/schedules/one/resume", null)).ShouldRefuseAsync(409, "schedule_deleting");
    }
}
