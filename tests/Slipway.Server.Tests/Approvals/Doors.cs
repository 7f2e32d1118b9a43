using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Testing;

namespace Slipway.Server.Tests.Approvals;

/// <summary>One way by which somebody may try to change what is protected: a route, and attempts by it.</summary>
/// <param name="Route">Method and pattern, as they are registered.</param>
/// <param name="Why">What makes it a door, or why it is none.</param>
/// <param name="Try">Null: the route cannot change what is protected, and <paramref name="Why"/> says why.</param>
internal sealed record Door(string Route, string Why, Func<HttpClient, Task>? Try);

/// <summary>
/// Tries doors. A feature with something protected lists the routes that could change it (every writing route below its prefixes: one that is missing from the list
/// fails its test) and says what must stay as it is; this walks through the list as each of those who might get in.
/// </summary>
internal static class Doors
{
    /// <summary>Routes that write below these prefixes and that nobody has classified, and classified ones that are not there.</summary>
    public static IReadOnlyList<string> Unclassified(TestServer server, IReadOnlyList<string> prefixes, IReadOnlyList<Door> doors)
    {
        var registered = server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .SelectMany(e => (e.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["*"]).Select(m => $"{m} /{e.RoutePattern.RawText!.Trim('/')}"))
            .Where(route => !route.StartsWith("GET ", StringComparison.Ordinal) && !route.StartsWith("HEAD ", StringComparison.Ordinal))
            .Where(route => prefixes.Any(p => (route + "/").Contains($" {p}/", StringComparison.Ordinal))).ToHashSet();
        var known = doors.Select(d => d.Route).ToHashSet();
        return [.. registered.Except(known).Select(r => $"not classified: {r}"), .. known.Except(registered).Select(r => $"not registered: {r}")];
    }

    /// <summary>Those who try: everybody who may write, and keys that programs have. None of them has an approval.</summary>
    public static async Task<IReadOnlyList<(string Who, HttpClient Client)>> IntrudersAsync(TestServer server) =>
    [
        ("an administrator", server.As(Role.Administrator)),
        ("a manager", server.As(Role.Manager)),
        ("an analyst", server.As(Role.Analyst)),
        ("a viewer", server.As(Role.Viewer)),
        ("a schedule's key: of an administrator, with scope write", await server.UserAsync("nightly", Role.Administrator, KeyScope.Write)),
        ("a training job's key", server.WithKey(await JobKeyAsync(server, "test-administrator"))),
        ("a reviewer", await server.UserAsync("rev", Role.Manager)),
        ("a reviewer's key with scope write", await server.UserAsync("rev", Role.Manager, KeyScope.Write)),
    ];

    /// <summary>The key that a schedule gives the job of one of its due times, here of an administrator's schedule.</summary>
    public static async Task<string> JobKeyAsync(TestServer server, string owner)
    {
        var (keys, id) = (server.Services.GetRequiredService<JobKeys>(), Guid.Empty);
        await using (var db = server.Services.GetRequiredService<Database>().Read())
        {
            id = (await db.Set<User>().SingleAsync(u => u.Name == owner)).Id;
        }

        var issued = await server.Services.GetRequiredService<Writes>().RunAsync<string>(
            async (db, token) => (await keys.IssueAsync(db, id, "schedule nightly, execution 1", DateTimeOffset.UtcNow.AddHours(1), token))!.Value.Text, CancellationToken.None);
        await keys.RefreshAsync(CancellationToken.None);
        return issued.Value;
    }

    /// <summary>Walks through the doors as one intruder.</summary>
    /// <param name="probe">What is protected, in words; must stay the same.</param>
    /// <returns>The doors that are open.</returns>
    public static async Task<IReadOnlyList<string>> OpenAsync(string who, HttpClient client, IReadOnlyList<Door> doors, Func<Task<string>> probe)
    {
        var open = new List<string>();
        var before = await probe();
        foreach (var door in doors.Where(d => d.Try is not null))
        {
            await door.Try!(client);
            if (await probe() is var after && after != before)
            {
                open.Add($"{door.Route} ({door.Why}) as {who}: {before} became {after}");
                before = after;
            }
        }

        return open;
    }
}
