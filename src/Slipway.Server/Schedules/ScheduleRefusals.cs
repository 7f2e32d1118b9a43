using Slipway.Server.Platform;

namespace Slipway.Server.Schedules;

/// <summary>Every way in which schedules say no.</summary>
internal static class ScheduleRefusals
{
    public const string OwnerDisabledCode = "owner_disabled";

    public static Refusal NotFound(string name) => Refusal.NotFound("schedule_not_found", $"There is no schedule {Shown(name)}.");

    public static Refusal FileNotFound(string schedule) =>
        Refusal.NotFound("file_not_found", $"The package of schedule {Shown(schedule)} has no such file; its files are in the schedule's package.");

    public static Refusal Exists(string name) => Refusal.Conflict("schedule_already_exists", $"A schedule named {name} exists already; choose another name.");

    public static Refusal Stale() => Refusal.Stale("Somebody changed it since you read it; read it again and repeat your change.");

    public static Refusal Deleting(string name) => Refusal.Conflict("schedule_deleting", $"Schedule {name} is being deleted; it goes when its execution has ended.");

    public static Refusal Running(int number) =>
        Refusal.Conflict("execution_running", $"Execution {number} has not ended, and a schedule runs one at a time. Wait for it, or cancel it.");

    public static Refusal ExecutionNotFound(string schedule, string number) =>
        Refusal.NotFound("execution_not_found", $"Schedule {Shown(schedule)} has no execution {Shown(number)}.");

    public static Refusal ExecutionEnded(int number, string status) => Refusal.Conflict("execution_ended", $"Execution {number} is over ({status}); there is nothing to cancel.");

    public static Refusal InvalidFields(IReadOnlyDictionary<string, string[]> errors) => new(400, "invalid_field", errors.First().Value[0]) { Errors = errors };

    public static Refusal OwnerDisabled(string owner) => Refusal.Conflict(
        OwnerDisabledCode, $"The owner of this schedule, {owner}, is disabled, deleted or may no longer write to the registry. Let somebody else make the schedule anew.");

    public static Refusal NothingToChange() => Refusal.BadRequest("nothing_to_change", "The request names no field to change.");

    private static string Shown(string name) => name.Length <= 140 && !name.Any(char.IsControl) ? name : "of that name";
}
