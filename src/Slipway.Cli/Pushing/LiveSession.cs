using System.Diagnostics;
using Slipway.Cli.Commands;
using Slipway.Contracts;

namespace Slipway.Cli.Pushing;

/// <summary>
/// Keeps the draft of a live deployment equal to a folder: what differs is sent as a patch on top of what the server has. It goes by what the server says it has, so a lost
/// connection, a restarted server or somebody else's patch need nothing but another look.
/// </summary>
/// <param name="pushAgain">Makes a version of the whole folder and waits until it is live.</param>
/// <param name="fullPush">Whether that is done without asking when a patch is not enough.</param>
internal sealed class LiveSession(CommandContext context, string path, string name, Func<CancellationToken, Task> pushAgain, bool fullPush)
{
    private const string FullPushRequired = "full_push_required";
    private const int MostPatchBytes = 700 * 1024;
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(500);

    /// <summary>Files that a patch cannot carry, and that nobody wanted to push or whose push failed: not tried again until they change.</summary>
    private string? declined;

    /// <summary>The refusal that was printed last: the same one is not printed again.</summary>
    private string? refused;

    private string Address => DeploymentNames.Path("development", name);

    /// <summary>Runs until the person stops it.</summary>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        using var tree = new WatchedTree(path);
        using var following = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var logs = FollowLogsAsync(following.Token);
        var away = false;
        var isFirst = true;
        DraftInfo? draft = null;
        var heardAt = DateTime.MinValue;
        try
        {
            while (true)
            {
                try
                {
                    if (draft is null || DateTime.UtcNow - heardAt >= Heartbeat)
                    {
                        draft = await context.Api.PostAsync(Address + "/draft/watch", ContractsJson.Default.DraftInfo, cancellationToken);
                        heardAt = DateTime.UtcNow;
                        if (away)
                        {
                            CommandContext.Say("The server is back; the draft is compared again.");
                            away = false;
                        }
                    }

                    draft = await SyncAsync(draft, await tree.ReadAsync(cancellationToken), cancellationToken);
                    refused = null;
                    if (isFirst)
                    {
                        CommandContext.Say($"Watching {path}; save a file and development/{name} answers with it. {draft.Name} is live. Stop with Ctrl+C.");
                        isFirst = false;
                    }
                }
                catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
                {
                    await Task.Delay(Again, cancellationToken);   // a file went away while it was read: the folder is looked at again
                    continue;
                }
                catch (Exception exception) when (exception is HttpRequestException or IOException or CliException { ExitCode: ExitCode.Unreachable })
                {
                    if (!away)
                    {
                        CommandContext.Say("The server is away; trying again.");
                    }

                    (away, draft) = (true, null);
                    await Task.Delay(Again, cancellationToken);
                    continue;
                }
                catch (CliException exception) when (exception.Code is "stale_draft" or "rollout_under_way" or "nothing_live")
                {
                    if (exception.Code == "stale_draft")
                    {
                        CommandContext.Say("Somebody else has patched the draft; it is compared again, and your files win.");
                    }

                    draft = null;
                    await Task.Delay(Again, cancellationToken);
                    continue;
                }
                catch (CliException exception) when (exception.ExitCode is ExitCode.Refused or ExitCode.Usage or ExitCode.DeployFailed && exception.Code is not (FullPushRequired or "not_live_mode" or "deployment_stopped"))
                {
                    if (exception.Message != refused)
                    {
                        CommandContext.Say(exception.Message);   // the folder as it is cannot be taken: the next save may change that
                        refused = exception.Message;
                    }
                }

                await tree.WaitAsync(Heartbeat, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            CommandContext.Say($"No longer watched. development/{name} keeps its draft, and goes to zero when it is idle; watch it again with: slipway watch {path} --name {name}");
            return ExitCode.Done;
        }
        finally
        {
            await following.CancelAsync();
            await logs;
        }
    }

    private async Task<DraftInfo> SyncAsync(DraftInfo draft, PackageFiles local, CancellationToken cancellationToken)
    {
        var operations = Difference(draft.Files, local);
        if (operations.Count == 0)
        {
            return draft;
        }

        var state = string.Join('\n', local.Files.Select(f => f.Path + f.Sha256));
        if (state == declined)
        {
            return draft;
        }

        var clock = Stopwatch.StartNew();
        var bytes = operations.Where(o => o.File is not null).Sum(o => o.File!.SizeBytes);
        if (bytes > MostPatchBytes)
        {
            return await FullPushAsync($"A full push is required: {bytes / 1024:N0} KiB changed, which is more than a patch carries.", state, draft, cancellationToken);
        }

        var request = new PatchDraftRequest(draft.Hash, [.. operations.Select(o => o.File is { } file
            ? new DraftOperation("put", o.Path, Convert.ToBase64String(File.ReadAllBytes(local.FullPath(file))))
            : new DraftOperation("remove", o.Path))]);
        DraftInfo after;
        try
        {
            after = await context.Api.PostAsync(Address + "/draft/patches", request, ContractsJson.Default.PatchDraftRequest, ContractsJson.Default.DraftInfo, cancellationToken);
        }
        catch (CliException exception) when (exception.Code == FullPushRequired)
        {
            return await FullPushAsync(exception.Message, state, draft, cancellationToken);
        }
        catch (CliException exception) when (exception.Code is "bad_config" or "invalid_field" or "too_large" or "draft_gated")
        {
            declined = state;
            throw;
        }

        after = await SettledAsync(after, cancellationToken);
        if (after.Error is { Code: FullPushRequired } cannot)
        {
            return await FullPushAsync(cannot.Message, state, after, cancellationToken);
        }

        Tell(after, operations, clock.Elapsed);
        return after;
    }

    private async Task<DraftInfo> SettledAsync(DraftInfo draft, CancellationToken cancellationToken)
    {
        for (var waited = 0; draft.Outcome == "pending" && waited < 400; waited++)
        {
            await Task.Delay(300, cancellationToken);
            draft = await context.Api.GetAsync(Address + "/draft", ContractsJson.Default.DraftInfo, cancellationToken);
        }

        return draft;
    }

    private async Task<DraftInfo> FullPushAsync(string why, string state, DraftInfo draft, CancellationToken cancellationToken)
    {
        CommandContext.Say(why);
        var isThere = !Console.IsInputRedirected && CommandContext.IsWatched;
        if (!fullPush && isThere)
        {
            Console.Error.Write("Push the whole folder now? It makes a version and replaces the replica. [y/N] ");
        }

        if (!fullPush && !(isThere && Console.ReadLine()?.Trim() is "y" or "Y" or "yes"))
        {
            declined = state;
            CommandContext.Say($"The code before goes on answering. Push with: slipway push {path} --name {name} --watch (or watch with --full-push).");
            return draft;
        }

        declined = state;   // a push that fails is not repeated before something changes
        await pushAgain(cancellationToken);
        return await context.Api.PostAsync(Address + "/draft/watch", ContractsJson.Default.DraftInfo, cancellationToken);
    }

    private static void Tell(DraftInfo draft, List<(string Path, UploadFile? File)> operations, TimeSpan elapsed)
    {
        var what = operations.Count > 3 ? $"{operations.Count} files" : string.Join(", ", operations.Select(o => o.File is null ? $"{o.Path} removed" : o.Path));
        var at = DateTime.Now.ToString("HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture);
        if (draft.Error is { } error)
        {
            CommandContext.Say($"{at} {what}: it does not load, and {draft.Name} goes on answering.\n{(error.Traceback ?? error.Message).TrimEnd()}");
            return;
        }

        CommandContext.Say(draft.Outcome switch
        {
            "applied" => $"{at} {what}: {draft.Name} answers after {elapsed.TotalMilliseconds:0} ms{(draft.KeptState == true ? ", with what was loaded before" : ", loaded anew")}.",
            "stored" => $"{at} {what}: stored as {draft.Name}; the next replica loads it.",
            _ => $"{at} {what}: stored; a replica is still starting.",
        });
    }

    private static List<(string Path, UploadFile? File)> Difference(IReadOnlyList<VersionFileInfo> there, PackageFiles local)
    {
        var old = there.ToDictionary(f => f.Path, f => f.Sha256, StringComparer.Ordinal);
        var here = local.Files.Select(f => f.Path).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. there.Where(f => !here.Contains(f.Path)).Select(f => (f.Path, (UploadFile?)null)),   // first, so that a file may become a folder
            .. local.Files.Where(f => old.GetValueOrDefault(f.Path) != f.Sha256).Select(f => (f.Path, (UploadFile?)f)),
        ];
    }

    private async Task FollowLogsAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await LogsCommand.FollowAsync(context, "development", name, cancellationToken);
            }
            catch (Exception exception) when (exception is CliException or HttpRequestException or IOException or OperationCanceledException)
            {
                // the server is away, or the person has stopped it
            }

            await Task.Delay(Again, cancellationToken).ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }
}
