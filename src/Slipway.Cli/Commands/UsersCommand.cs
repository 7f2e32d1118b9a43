using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary><c>slipway users …</c></summary>
internal static class UsersCommand
{
    public static Command Create() => new("users", "Users: list, create, role, link, disable, enable, delete.")
    {
        List(), New(), SetRole(), Link(), Switch("disable", "Bar a user; keys and sessions end.", true), Switch("enable", "Let a user in again.", false), Delete(),
    };

    private static Command List() => new Command("list", "All users.").Runs(async (_, context, cancellationToken) =>
    {
        var items = await context.Api.ListAsync("/api/v1/users", ContractsJson.Default.PageUserInfo, cancellationToken).ToListAsync(cancellationToken);
        context.WriteTable(
            new Page<UserInfo>(items, null), ContractsJson.Default.PageUserInfo, "No users.", ["NAME", "ROLE", "EMAIL", "STATE", "LAST SIGN-IN"],
            u => [u.Name, u.Role, u.Email, u.Disabled ? "disabled" : "active", CommandContext.Time(u.LastSignInAt)]);
        return ExitCode.Done;
    });

    private static Command New()
    {
        var name = new Argument<string>("NAME");
        var role = new Option<string>("--role") { Description = "viewer, analyst, manager or administrator.", Required = true };
        var email = new Option<string?>("--email");
        return new Command("create", "Make a user and print the one-time link to sign in with.") { name, role, email }.Runs(async (parse, context, cancellationToken) =>
        {
            var user = await context.Api.PostAsync(
                "/api/v1/users", new CreateUserRequest(parse.GetValue(name)!, parse.GetValue(role)!, parse.GetValue(email)),
                ContractsJson.Default.CreateUserRequest, ContractsJson.Default.UserInfo, cancellationToken);
            return await PrintLinkAsync(context, user.Name, cancellationToken);
        });
    }

    private static Command SetRole()
    {
        var (name, role) = (new Argument<string>("NAME"), new Argument<string>("ROLE"));
        return new Command("role", "Change a role.") { name, role }.Runs((parse, context, cancellationToken) =>
            PatchAsync(context, parse.GetValue(name)!, new UpdateUserRequest(Role: parse.GetValue(role)), cancellationToken));
    }

    private static Command Switch(string verb, string description, bool disabled)
    {
        var name = new Argument<string>("NAME");
        return new Command(verb, description) { name }.Runs((parse, context, cancellationToken) =>
            PatchAsync(context, parse.GetValue(name)!, new UpdateUserRequest(Disabled: disabled), cancellationToken));
    }

    private static Command Link()
    {
        var name = new Argument<string>("NAME");
        return new Command("link", "Make a one-time sign-in link.") { name }.Runs((parse, context, cancellationToken) =>
            PrintLinkAsync(context, parse.GetValue(name)!, cancellationToken));
    }

    private static Command Delete()
    {
        var name = new Argument<string>("NAME");
        var yes = new Option<bool>("--yes") { Description = "Do not ask." };
        return new Command("delete", "Delete a user; what they own stays.") { name, yes }.Runs(async (parse, context, cancellationToken) =>
        {
            Confirm.Deletion(parse.GetValue(yes), parse.GetValue(name)!);
            await context.Api.CallAsync(HttpMethod.Delete, $"/api/v1/users/{Uri.EscapeDataString(parse.GetValue(name)!)}", cancellationToken);
            return ExitCode.Done;
        });
    }

    private static async Task<int> PatchAsync(CommandContext context, string name, UpdateUserRequest change, CancellationToken cancellationToken)
    {
        var user = await context.Api.PatchAsync(
            $"/api/v1/users/{Uri.EscapeDataString(name)}", change, ContractsJson.Default.UpdateUserRequest, ContractsJson.Default.UserInfo, cancellationToken);
        context.Write(user, ContractsJson.Default.UserInfo, u => Console.Out.WriteLine($"{u.Name}: {u.Role}{(u.Disabled ? ", disabled" : "")}"));
        return ExitCode.Done;
    }

    private static async Task<int> PrintLinkAsync(CommandContext context, string name, CancellationToken cancellationToken)
    {
        var link = await context.Api.PostAsync($"/api/v1/users/{Uri.EscapeDataString(name)}/sign-in-link", ContractsJson.Default.SignInLink, cancellationToken);
        context.Write(link, ContractsJson.Default.SignInLink, l =>
        {
            CommandContext.Say($"Works once, until {CommandContext.Time(l.ExpiresAt)}.");
            Console.Out.WriteLine(l.Url);
        });
        return ExitCode.Done;
    }
}
