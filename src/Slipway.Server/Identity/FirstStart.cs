using System.Text.Json;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.Server.Platform;

namespace Slipway.Server.Identity;

/// <summary>
/// Makes what must be there before anybody can act: the default project, the names of the built-in environments, the user <c>admin</c>. The administrator gets
/// no password but a one-time link and a key, in <c>first-start.json</c> (mode 0600) in the data folder; the command line takes them from there and deletes the file.
/// </summary>
internal sealed class FirstStart(Database database, Writes writes, AuditLog audit, IServer server, IOptions<ServerOptions> options, TimeProvider time)
    : IHostedLifecycleService
{
    public const string FileName = "first-start.json";
    public const string Administrator = "admin";
    private string? token;
    private string? key;

    private string File => Path.Combine(options.Value.DataFolder, FileName);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await using (var db = database.Read())
        {
            if (await db.Set<User>().AnyAsync(cancellationToken))
            {
                return;
            }
        }

        var now = time.GetUtcNow();
        var admin = new User { Id = Guid.CreateVersion7(now), Name = Administrator, Role = Role.Administrator, CreatedAt = now };
        (key, var firstKey) = ApiKey.Create(admin, "first-start", [], ScopeNames.BuiltInEnvironments[0], null, now);
        token = Secret.NewToken();

        // The file first: after a crash in between, the next start finds no user and writes both anew.
        WriteFile($"http://127.0.0.1:{options.Value.Port}");
        await writes.RunAsync(
            async (db, cancel) =>
            {
                db.Set<Project>().Add(new Project { Id = Project.Default, Name = "default", CreatedAt = now });
                foreach (var environment in ScopeNames.BuiltInEnvironments)
                {
                    await ScopeNames.ReserveAsync(db, environment, ScopeKind.Environment, now, cancel);
                }

                await ScopeNames.ReserveAsync(db, admin.Name, ScopeKind.User, now, cancel);
                db.Set<User>().Add(admin);
                db.Set<ApiKey>().Add(firstKey);
                db.Set<SignInToken>().Add(new SignInToken
                {
                    Id = Guid.CreateVersion7(now), UserId = admin.Id, Hash = Secret.Hash(token), CreatedAt = now, ExpiresAt = now + SignInToken.FirstLifetime,
                });
                audit.Record(db, Actor.System, "user.created", "user", admin.Name, after: """{"role":"administrator"}""");
                audit.Record(db, Actor.System, "key.created", "key", firstKey.Prefix, after: $$"""{"user":"{{admin.Name}}"}""");
                return Result.Done;
            },
            cancellationToken);
    }

    /// <summary>Only now is the port known, where a free one was asked for.</summary>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        if (token is not null && options.Value.Port == 0 && System.IO.File.Exists(File)
            && server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() is { } address)
        {
            WriteFile(address);
        }

        token = key = null;
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void WriteFile(string address)
    {
        Directory.CreateDirectory(options.Value.DataFolder);
        var staged = File + ".new";
        System.IO.File.Delete(staged);
        var mode = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            mode.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var stream = new FileStream(staged, mode))
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("sign_in_url", SignInUrl(address, token!));
            json.WriteString("key", key);
            json.WriteEndObject();
            json.Flush();
            stream.Flush(flushToDisk: true);
        }

        System.IO.File.Move(staged, File, overwrite: true);
    }

    public static string SignInUrl(string address, string token) => $"{address.TrimEnd('/')}/ui/sign-in?token={token}";
}
