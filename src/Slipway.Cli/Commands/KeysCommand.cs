using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary><c>slipway keys …</c></summary>
internal static class KeysCommand
{
    public static Command Create() => new("keys", "API keys: list, create, revoke.") { List(), New(), Revoke() };

    private static Command List()
    {
        var all = new Option<bool>("--all") { Description = "Those of everybody (administrators)." };
        return new Command("list", "Your keys.") { all }.Runs(async (parse, context, cancellationToken) =>
        {
            var items = await context.Api.ListAsync(parse.GetValue(all) ? "/api/v1/keys?all=true" : "/api/v1/keys", ContractsJson.Default.PageKeyInfo, cancellationToken).ToListAsync(cancellationToken);
            context.WriteTable(
                new Page<KeyInfo>(items, null), ContractsJson.Default.PageKeyInfo, "No keys.", ["ID", "NAME", "PREFIX", "USER", "SCOPES", "EXPIRES", "LAST USED", "STATE"],
                k => [k.Id, k.Name, k.Prefix, k.User, k.Scopes.Count > 0 ? string.Join(',', k.Scopes) : "all", k.ExpiresAt is { } e ? CommandContext.Time(e) : "never", CommandContext.Time(k.LastUsedAt), k.Revoked ? "revoked" : "valid"]);
            return ExitCode.Done;
        });
    }

    private static Command New()
    {
        var name = new Argument<string>("NAME");
        var scopes = new Option<string[]>("--scope") { Description = "predict, read, write or train; may be repeated; without it all that its user may do." };
        var environment = new Option<string?>("--default-environment") { Description = "Environment of routes without a scope." };
        var days = new Option<int?>("--expires-in-days") { Description = "Days until it ends; without it never." };
        var user = new Option<string?>("--user") { Description = "Whose key (administrators)." };
        return new Command("create", "Make a key; it is shown once. Example: slipway keys create ci --scope predict --output json") { name, scopes, environment, days, user }.Runs(async (parse, context, cancellationToken) =>
        {
            var key = await context.Api.PostAsync(
                "/api/v1/keys", new CreateKeyRequest(parse.GetValue(name)!, parse.GetValue(scopes), parse.GetValue(environment), parse.GetValue(days), parse.GetValue(user)),
                ContractsJson.Default.CreateKeyRequest, ContractsJson.Default.CreatedKey, cancellationToken);
            context.Write(key, ContractsJson.Default.CreatedKey, k =>
            {
                CommandContext.Say("Keep it now; it is not shown again.");
                Console.Out.WriteLine(k.Key);
            });
            return ExitCode.Done;
        });
    }

    private static Command Revoke()
    {
        var id = new Argument<string>("ID") { Description = "Id of the key, as 'slipway keys list' shows it." };
        return new Command("revoke", "End a key at once.") { id }.Runs(async (parse, context, cancellationToken) =>
        {
            await context.Api.CallAsync(HttpMethod.Delete, $"/api/v1/keys/{Uri.EscapeDataString(parse.GetValue(id)!)}", cancellationToken);
            return ExitCode.Done;
        });
    }
}
