using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using Slipway.Contracts;
using Slipway.Server.Artifacts;
using Slipway.Server.Identity;
using Slipway.Server.Packages;
using Slipway.Server.Platform;
using Slipway.Server.Replicas.Jobs;

namespace Slipway.Server.Schedules;

/// <summary>The table of contents of this folder: its services and routes.</summary>
internal static class SchedulesFeature
{
    private static readonly TimeSpan LogPace = TimeSpan.FromMilliseconds(200);

    public static void AddSchedules(this IServiceCollection services)
    {
        services.AddOptions<SchedulesOptions>().BindConfiguration("Slipway:Schedules").ValidateOnStart();
        services.AddSingleton<IValidateOptions<SchedulesOptions>, SchedulesOptionsValidator>();
        services.AddSingleton<IBlobUse, JobBlobs>();
        services.AddSingleton<IKeysOfJobs, KeysOfJobs>();
        services.AddSingleton<ScheduleMeter>();

        services.AddSingleton<TakeJobPackage>();
        services.AddSingleton<RebaseJobPackage>();
        services.AddSingleton<JobPackageFiles>();
        services.AddSingleton<CreateSchedule>();
        services.AddSingleton<EditSchedule>();
        services.AddSingleton<UpdateSchedule>();
        services.AddSingleton<OperateSchedule>();
        services.AddSingleton<CancelExecution>();
        services.AddSingleton<FindSchedules>();
        services.AddSingleton<FindExecutions>();

        // the loop and its parts
        services.AddSingleton<TellOwner>();
        services.AddSingleton<DueTimes>();
        services.AddSingleton<JobEnvironments>();
        services.AddSingleton<JobRuns>();
        services.AddSingleton<JobSamples>();
        services.AddSingleton<ServerAddress>();
        services.AddSingleton<StartExecution>();
        services.AddSingleton<EndExecution>();
        services.AddSingleton<ScheduleSweep>();
        services.AddHostedService<ScheduleLoop>();
    }

    public static void MapSchedules(this IEndpointRouteBuilder routes)
    {
        var schedules = routes.MapGroup("/api/v1/schedules").WithTags("Schedules");

        schedules.MapGet("/", async (FindSchedules find, PageQuery page, CancellationToken cancellationToken, string? q = null, string? status = null) =>
            (await find.PageAsync(q, status, page, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("ListSchedules").Produces<Page<ScheduleInfo>>();

        schedules.MapPost("/", async (JsonBody<CreateScheduleRequest> body, CreateSchedule create, Actor by, CancellationToken cancellationToken) =>
            (await create.RunAsync(body.Value, by, cancellationToken)).ToCreated(s => $"/api/v1/schedules/{s.Name}"))
            .RequireRight(Right.OperateSchedules).WithIdempotency("schedule", async (http, made) =>
                (await http.RequestServices.GetRequiredService<FindSchedules>().OneAsync(made[1], http.RequestAborted)).ToCreated(s => $"/api/v1/schedules/{s.Name}"))
            .WithName("CreateSchedule").Produces<ScheduleInfo>(StatusCodes.Status201Created);

        schedules.MapGet("/preview", (
                TimeProvider time, string? cron = null, [Microsoft.AspNetCore.Mvc.FromQuery(Name = "time_zone")] string? timeZone = null, DateTimeOffset? from = null, int count = 5) =>
            Preview(cron, timeZone, from ?? time.GetUtcNow(), count).ToOk())
            .RequireRight(Right.Read).WithName("PreviewCron").Produces<CronPreview>();

        schedules.MapGet("/{schedule}", async (string schedule, HttpContext http, FindSchedules find, CancellationToken cancellationToken) =>
            (await find.OneAsync(schedule, cancellationToken)).ToOk(http, s => s.Etag))
            .RequireRight(Right.Read).WithName("GetSchedule").Produces<ScheduleInfo>();

        schedules.MapGet("/{schedule}/files/{**path}", (string schedule, string path, JobPackageFiles files, CancellationToken cancellationToken) =>
            files.DownloadAsync(schedule, path, cancellationToken))
            .RequireRight(Right.Read).WithName("DownloadScheduleFile").Produces<Stream>(StatusCodes.Status200OK, "application/octet-stream");

        schedules.MapPatch("/{schedule}", async (
                string schedule, JsonBody<UpdateScheduleRequest> body, HttpContext http, UpdateSchedule update, Actor by, CancellationToken cancellationToken) =>
            (await update.RunAsync(schedule, body.Value, Etag.Of(http.Request), by, cancellationToken)).ToOk(http, s => s.Etag))
            .RequireRight(Right.OperateSchedules).WithName("UpdateSchedule").Produces<ScheduleInfo>();

        schedules.MapDelete("/{schedule}", async (string schedule, HttpContext http, OperateSchedule operate, Actor by, CancellationToken cancellationToken) =>
            (await operate.DeleteAsync(schedule, Etag.Of(http.Request), by, cancellationToken)).ToNoContent())
            .RequireRight(Right.OperateSchedules).WithName("DeleteSchedule").Produces(StatusCodes.Status204NoContent);

        schedules.MapPost("/{schedule}/pause", async (string schedule, HttpContext http, OperateSchedule operate, Actor by, CancellationToken cancellationToken) =>
            (await operate.PauseAsync(schedule, Etag.Of(http.Request), by, cancellationToken)).ToOk(http, s => s.Etag))
            .RequireRight(Right.OperateSchedules).WithName("PauseSchedule").Produces<ScheduleInfo>();

        schedules.MapPost("/{schedule}/resume", async (string schedule, HttpContext http, OperateSchedule operate, Actor by, CancellationToken cancellationToken) =>
            (await operate.ResumeAsync(schedule, Etag.Of(http.Request), by, cancellationToken)).ToOk(http, s => s.Etag))
            .RequireRight(Right.OperateSchedules).WithName("ResumeSchedule").Produces<ScheduleInfo>();

        MapExecutions(schedules.MapGroup("/{schedule}/executions"));
    }

    private static void MapExecutions(RouteGroupBuilder executions)
    {
        executions.MapGet("/", async (string schedule, FindExecutions find, PageQuery page, CancellationToken cancellationToken, [FromQuery] string[]? status = null) =>
            (await find.PageAsync(schedule, status ?? [], page, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("ListExecutions").Produces<Page<ExecutionInfo>>();

        executions.MapPost("/", async (string schedule, OperateSchedule operate, Actor by, CancellationToken cancellationToken) =>
            (await operate.RunNowAsync(schedule, by, cancellationToken)).ToCreated(e => $"/api/v1/schedules/{e.Schedule}/executions/{e.Number}"))
            .RequireRight(Right.OperateSchedules).WithIdempotency("execution", async (http, made) =>
                (await http.RequestServices.GetRequiredService<FindExecutions>().OneAsync(made[1], int.Parse(made[3], CultureInfo.InvariantCulture), http.RequestAborted)).ToCreated(e => $"/api/v1/schedules/{e.Schedule}/executions/{e.Number}"))
            .WithName("RunSchedule").Produces<ExecutionInfo>(StatusCodes.Status201Created);

        executions.MapGet("/{number:int}", async (string schedule, int number, FindExecutions find, CancellationToken cancellationToken) =>
            (await find.OneAsync(schedule, number, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("GetExecution").Produces<ExecutionInfo>();

        executions.MapPost("/{number:int}/cancel", async (string schedule, int number, CancelExecution cancel, Actor by, CancellationToken cancellationToken) =>
            (await cancel.RunAsync(schedule, number, by, cancellationToken)).ToAccepted())
            .RequireRight(Right.OperateSchedules).WithName("CancelExecution").Produces<ExecutionInfo>(StatusCodes.Status202Accepted);

        executions.MapGet("/{number:int}/log", StreamLogAsync)
            .RequireRight(Right.Read).WithName("GetExecutionLog").Produces<string>(StatusCodes.Status200OK, "text/plain");
    }

    private static Result<CronPreview> Preview(string? cron, string? timeZone, DateTimeOffset from, int count)
    {
        if (count is < 1 or > 50)
        {
            return Refusal.Field("count", "count is a number from 1 to 50.");
        }

        var parsed = CronSchedule.Parse(cron, timeZone);
        return parsed.Refusal is { } refusal ? refusal : new CronPreview(parsed.Value.Cron, parsed.Value.Zone.Id, parsed.Value.Preview(from, count));
    }

    /// <param name="offset">Bytes to leave out at the beginning: what a reader has already.</param>
    private static async Task StreamLogAsync(
        string schedule, int number, HttpContext context, FindExecutions find, JobFolders folders, TimeProvider time, CancellationToken cancellationToken, bool follow = false,
        long offset = 0)
    {
        var found = await find.LogAsync(schedule, number, cancellationToken);
        if ((found.Refusal ?? (offset < 0 ? Refusal.Field("offset", "offset is a number of bytes, 0 or more.") : null)) is { } refusal)
        {
            await Problems.WriteAsync(context, refusal);
            return;
        }

        context.Response.ContentType = "text/plain; charset=utf-8";
        await foreach (var part in BuildLog.FollowAsync(folders.LogOf(found.Value.Id), FinishedAsync, LogPace, time, cancellationToken, offset))
        {
            await context.Response.Body.WriteAsync(part, cancellationToken);
            await context.Response.Body.FlushAsync(cancellationToken);
        }

        async Task<bool> FinishedAsync(CancellationToken token)
        {
            if (!follow)
            {
                return true;
            }

            var now = await find.LogAsync(schedule, number, token);
            return now.IsRefused || !now.Value.IsOpen;
        }
    }
}
