using Slipway.Cli.Pushing;
using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary><c>slipway schedules …</c></summary>
internal static class SchedulesCommand
{
    public static Command Create() => new("schedules", "Training jobs that run by themselves: create, list, show, files, download, preview, edit, pause, resume, run, executions, logs, cancel, delete.")
    {
        New(), List(), Show(), ScheduleFilesCommands.List(), ScheduleFilesCommands.Download(), Preview(), Edit(),
        Switch("pause", "Record its due times as missed until it is resumed; what is running goes on."),
        Switch("resume", "Let it run again from now on; nothing is made up for."),
        ExecutionsCommand.Run(), ExecutionsCommand.List(), ExecutionsCommand.Logs(), ExecutionsCommand.Cancel(), Delete(),
    };

    public static string Path(string schedule) => $"/api/v1/schedules/{Uri.EscapeDataString(schedule)}";

    private static Command New()
    {
        var folder = new Argument<string>("DIR") { Description = "Package folder with job.command in its config.yaml, or a train.py." };
        var name = new Option<string?>("--name") { Description = "Name of the schedule; without it the folder's." };
        var experiment = new Option<string>("--experiment") { Description = "Experiment of its runs; made when missing.", Required = true };
        var cron = new Option<string>("--cron") { Description = "Five fields: minute, hour, day of month, month, day of week.", Required = true };
        var paused = new Option<bool>("--paused") { Description = "Make it paused." };
        var options = new ScheduleOptions();
        var command = new Command(
            "create", "Schedule a training job. Example: slipway schedules create samples/nightly-iris --experiment nightly --cron '30 2 * * *' --time-zone Europe/Berlin")
        {
            folder, name, experiment, cron, paused,
        };
        options.AddTo(command);
        return command.Runs(async (parse, context, cancellationToken) =>
        {
            var (package, upload) = await new Push(context.Api).SendAsync(parse.GetValue(folder)!, cancellationToken);
            var settings = options.Read(parse);
            var made = await context.Api.PostAsync(
                "/api/v1/schedules",
                new CreateScheduleRequest(
                    parse.GetValue(name) ?? package.DefaultName(), parse.GetValue(experiment)!, parse.GetValue(cron)!, upload.Id, settings.TimeZone, settings.Description, settings.BaseImage,
                    settings.Parameters, settings.Variables, settings.TimeoutSeconds, settings.CpuCores, settings.MemoryMib, settings.GraceSeconds, parse.GetValue(paused)),
                ContractsJson.Default.CreateScheduleRequest, ContractsJson.Default.ScheduleInfo, cancellationToken);
            foreach (var warning in made.Package.Warnings)
            {
                CommandContext.Say($"Note: {warning}");
            }

            context.Write(made, ContractsJson.Default.ScheduleInfo, Describe);
            CommandContext.Say($"Try it now with: slipway schedules run {made.Name} --wait");
            return ExitCode.Done;
        });
    }

    private static Command List()
    {
        var search = new Option<string?>("--search") { Description = "Part of a name or experiment." };
        var status = new Option<string?>("--status") { Description = "active, paused or deleting." };
        return new Command("list", "All schedules.") { search, status }.Runs(async (parse, context, cancellationToken) =>
        {
            (string Name, string? Value)[] wanted = [("q", parse.GetValue(search)), ("status", parse.GetValue(status))];
            var filter = string.Join('&', wanted.Where(f => f.Value is not null).Select(f => $"{f.Name}={Uri.EscapeDataString(f.Value!)}")) is { Length: > 0 } query ? "?" + query : "";
            var items = await context.Api.ListAsync($"/api/v1/schedules{filter}", ContractsJson.Default.PageScheduleInfo, cancellationToken).ToListAsync(cancellationToken);
            context.WriteTable(
                new Page<ScheduleInfo>(items, null), ContractsJson.Default.PageScheduleInfo, "No schedules yet. Make one with: slipway schedules create DIR --experiment E --cron '30 2 * * *'",
                ["NAME", "STATUS", "CRON", "ZONE", "NEXT RUN", "LAST RESULT", "EXPERIMENT", "OWNER"],
                s => [s.Name, s.Current is { } current ? $"{s.Status}, {current.Status}" : s.Status, s.Cron, s.TimeZone, CommandContext.Time(s.NextRunAt), s.Last is { } last ? Result(last) : null, s.Experiment, s.Owner]);
            return ExitCode.Done;
        });
    }

    private static Command Show()
    {
        var name = new Argument<string>("NAME");
        return new Command("show", "One schedule.") { name }.Runs(async (parse, context, cancellationToken) =>
        {
            var schedule = await context.Api.GetAsync(Path(parse.GetValue(name)!), ContractsJson.Default.ScheduleInfo, cancellationToken);
            context.Write(schedule, ContractsJson.Default.ScheduleInfo, Describe);
            return ExitCode.Done;
        });
    }

    private static Command Preview()
    {
        var cron = new Argument<string>("CRON") { Description = "Five fields, in quotes." };
        var zone = new Option<string?>("--time-zone") { Description = "Such as Europe/Berlin; without it UTC." };
        var count = new Option<int>("--count") { Description = "How many times.", DefaultValueFactory = _ => 5 };
        return new Command("preview", "The next times of a cron expression. Example: slipway schedules preview '30 2 * * 1-5' --time-zone Europe/Berlin") { cron, zone, count }
            .Runs(async (parse, context, cancellationToken) =>
            {
                var query = $"?cron={Uri.EscapeDataString(parse.GetValue(cron)!)}&count={parse.GetValue(count)}{(parse.GetValue(zone) is { } z ? $"&time_zone={Uri.EscapeDataString(z)}" : "")}";
                var preview = await context.Api.GetAsync($"/api/v1/schedules/preview{query}", ContractsJson.Default.CronPreview, cancellationToken);
                context.Write(preview, ContractsJson.Default.CronPreview, p =>
                {
                    foreach (var time in p.Times)
                    {
                        Console.Out.WriteLine(time.ToString("ddd yyyy-MM-dd HH:mm zzz"));
                    }
                });
                return ExitCode.Done;
            });
    }

    private static Command Edit()
    {
        var name = new Argument<string>("NAME");
        var folder = new Option<string?>("--package") { Description = "Another package folder." };
        var experiment = new Option<string?>("--experiment") { Description = "Experiment of its runs." };
        var cron = new Option<string?>("--cron") { Description = "Five fields." };
        var options = new ScheduleOptions();
        var command = new Command("edit", "Change a schedule; what is left out stays. The next run is computed anew.") { name, folder, experiment, cron };
        options.AddTo(command);
        return command.Runs(async (parse, context, cancellationToken) =>
        {
            var upload = parse.GetValue(folder) is { } path ? (await new Push(context.Api).SendAsync(path, cancellationToken)).Upload.Id : null;
            var settings = options.Read(parse);
            var changed = await context.Api.PatchAsync(
                Path(parse.GetValue(name)!),
                new UpdateScheduleRequest(
                    parse.GetValue(experiment), parse.GetValue(cron), settings.TimeZone, settings.Description, upload, settings.BaseImage, settings.Parameters, settings.Variables,
                    settings.TimeoutSeconds, settings.CpuCores, settings.MemoryMib, settings.GraceSeconds),
                ContractsJson.Default.UpdateScheduleRequest, ContractsJson.Default.ScheduleInfo, cancellationToken);
            context.Write(changed, ContractsJson.Default.ScheduleInfo, Describe);
            return ExitCode.Done;
        });
    }

    private static Command Switch(string verb, string description)
    {
        var name = new Argument<string>("NAME");
        return new Command(verb, description) { name }.Runs(async (parse, context, cancellationToken) =>
        {
            var schedule = await context.Api.PostAsync($"{Path(parse.GetValue(name)!)}/{verb}", ContractsJson.Default.ScheduleInfo, cancellationToken);
            context.Write(schedule, ContractsJson.Default.ScheduleInfo, Describe);
            return ExitCode.Done;
        });
    }

    private static Command Delete()
    {
        var name = new Argument<string>("NAME");
        var yes = new Option<bool>("--yes") { Description = "Do not ask." };
        return new Command("delete", "Delete a schedule with its history; a job of it that runs is cancelled. Runs and versions that it made stay.") { name, yes }
            .Runs(async (parse, context, cancellationToken) =>
            {
                Confirm.Deletion(parse.GetValue(yes), parse.GetValue(name)!);
                await context.Api.CallAsync(HttpMethod.Delete, Path(parse.GetValue(name)!), cancellationToken);
                return ExitCode.Done;
            });
    }

    private static string Result(ExecutionInfo last) => last.Reason is { } reason && last.Status != reason ? $"{last.Status} ({reason})" : last.Status;

    private static void Describe(ScheduleInfo s) => CommandContext.WriteFacts(
        ("schedule", s.Name),
        ("status", s.Status),
        ("description", s.Description),
        ("when", $"{s.Cron} ({s.TimeZone})"),
        ("next run", CommandContext.Time(s.NextRunAt)),
        ("running", s.Current is { } current ? $"execution {current.Number}, {current.Status}" : null),
        ("last result", s.Last is { } last ? $"execution {last.Number}: {Result(last)}{(last.Detail is { } detail ? $". {detail}" : "")}" : null),
        ("experiment", s.Experiment),
        ("command", string.Join(' ', s.Package.Command)),
        ("package", $"{s.Package.Digest[..12]}, {s.Package.Files.Count} files, base image {s.Package.BaseImage}, {s.Package.Status}{(s.Package.Error is { } error ? $": {error}" : "")}"),
        ("parameters", s.Parameters.GetRawText()),
        ("variables", s.Variables.Count > 0 ? string.Join(' ', s.Variables.Select(v => $"{v.Key}={v.Value}")) : null),
        ("limits", $"{s.TimeoutSeconds:0.#} s, {s.CpuCores} CPU, {s.MemoryMib} MiB; may begin {s.GraceSeconds:0.#} s late"),
        ("owner", s.Owner));
}
