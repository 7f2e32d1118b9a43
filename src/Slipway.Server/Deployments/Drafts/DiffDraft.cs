using Slipway.Contracts;
using Slipway.Server.Packages.Drafts;
using Slipway.Server.Platform;
using Slipway.Server.Registry;

namespace Slipway.Server.Deployments.Drafts;

/// <summary>Compares the newest files of a draft with the version that it began from, line by line.</summary>
internal sealed class DiffDraft(FindDraft find, DraftPackages packages)
{
    /// <summary>Equal lines around what differs, unless the request says otherwise.</summary>
    private const int UsualContext = 3;

    private const int MostContext = 1000;
    private const int LargestFile = 1 << 20;   // bytes
    private const int MostBytes = 16 << 20;   // read for one diff
    private const int MostLines = 5000;   // in one diff

    /// <param name="context">Equal lines around what differs, 0 to 1,000; null: 3.</param>
    /// <returns>The differences, <c>invalid_field</c> or a refusal of <see cref="FindDraft"/>.</returns>
    public async Task<Result<DraftDiffInfo>> RunAsync(DeploymentRef which, int? context, CancellationToken cancellationToken)
    {
        if (context is < 0 or > MostContext)
        {
            return Refusal.Field("context", $"context is a number of lines between 0 and {MostContext}.");
        }

        var draft = await find.RunAsync(which, cancellationToken);
        if (draft.Refusal is { } refusal)
        {
            return refusal;
        }

        var found = draft.Value;
        var variant = found.Base.Default;
        if (await packages.OfVersionAsync(variant.ModelVersionId, cancellationToken) is not { } version)
        {
            return LiveDraftRefusals.NotPython(found.Deployment);
        }

        var (before, after) = (version.Files.ToDictionary(f => f.Path), found.Newest.Files.ToDictionary(f => f.Path));
        var files = new List<FileDiffInfo>();
        var (bytes, lines) = (0L, 0);
        foreach (var path in before.Keys.Union(after.Keys).Order(StringComparer.Ordinal))
        {
            var (old, now) = (before.GetValueOrDefault(path), after.GetValueOrDefault(path));
            if (old?.Sha256 == now?.Sha256)
            {
                continue;
            }

            bytes += (old?.SizeBytes ?? 0) + (now?.SizeBytes ?? 0);
            var file = await CompareAsync(path, old, now, context ?? UsualContext, bytes <= MostBytes, cancellationToken);
            lines += file.Hunks.Sum(h => h.Lines.Count);
            files.Add(lines > MostLines && file.Hunks.Count > 0 ? file with { Hunks = [], Omitted = "too_many_lines" } : file);
        }

        return new DraftDiffInfo(variant.Model, variant.ModelVersion, found.Draft.Hash, files.Sum(f => f.Added ?? 0), files.Sum(f => f.Removed ?? 0), files);
    }

    private async Task<FileDiffInfo> CompareAsync(string path, SourceFile? old, SourceFile? now, int context, bool mayRead, CancellationToken cancellationToken)
    {
        var change = old is null ? "added" : now is null ? "removed" : "changed";
        FileDiffInfo Unread(string why) => new(path, change, null, null, old?.SizeBytes, now?.SizeBytes, why, []);
        if (!mayRead || old?.SizeBytes > LargestFile || now?.SizeBytes > LargestFile)
        {
            return Unread("too_large");
        }

        if (await LinesAsync(old, cancellationToken) is not { } before || await LinesAsync(now, cancellationToken) is not { } after)
        {
            return Unread("binary");
        }

        var steps = LineDiff.Of(before, after);
        return new FileDiffInfo(
            path, change, steps.Count(s => s.Kind == DiffKind.Added), steps.Count(s => s.Kind == DiffKind.Removed), old?.SizeBytes, now?.SizeBytes, null,
            DiffText.Hunks(before, after, steps, context));
    }

    private async Task<string[]?> LinesAsync(SourceFile? file, CancellationToken cancellationToken)
    {
        if (file is null)
        {
            return [];
        }

        await using var stream = packages.Open(file);
        using var content = new MemoryStream((int)file.SizeBytes);
        await stream.CopyToAsync(content, cancellationToken);
        return DiffText.Lines(content.GetBuffer().AsSpan(0, (int)content.Length));
    }
}
