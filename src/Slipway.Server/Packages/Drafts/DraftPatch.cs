using System.Security.Cryptography;
using Slipway.Contracts;
using Slipway.Server.Artifacts;
using Slipway.Server.Platform;
using Slipway.Server.Registry;

namespace Slipway.Server.Packages.Drafts;

/// <summary>What ordered operations make of a draft, if a running process can take it. No I/O.</summary>
/// <param name="Content">After the patch.</param>
/// <param name="Changed">Paths, in order; empty: the operations came to nothing.</param>
/// <param name="Added">New contents by their digest.</param>
internal sealed record DraftPatch(DraftContent Content, IReadOnlyList<string> Changed, IReadOnlyDictionary<string, byte[]> Added)
{
    /// <param name="configBefore">Text of config.yaml before; null: there was none.</param>
    /// <returns>The patch; 400 <c>invalid_field</c> or <c>bad_config</c>, 409 <c>full_push_required</c>, or 413 when the package becomes too large.</returns>
    public static Result<DraftPatch> Of(DraftContent before, string? configBefore, IReadOnlyList<DraftOperation>? operations, ArtifactOptions limits)
    {
        if (operations is null or { Count: 0 })
        {
            return Refusal.Field("operations", "A patch has at least one operation: put or remove.");
        }

        var files = new SortedDictionary<string, SourceFile>(before.Files.ToDictionary(f => f.Path), StringComparer.Ordinal);
        var added = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        for (var i = 0; i < operations.Count; i++)
        {
            if (Apply(operations[i], $"operations[{i}]", files, added) is { } refusal)
            {
                return refusal;
            }
        }

        if (files.Count == 0 || files.Count > limits.MaxFiles)
        {
            return Refusal.Field("operations", $"After the patch the package has {files.Count} files; it has 1 to {limits.MaxFiles}.");
        }

        if (files.Values.Sum(f => f.SizeBytes) is var total && total > limits.MaxPackageBytes)
        {
            return ArtifactRefusals.TooLarge("After the patch the package is larger than this server takes.", limits.MaxPackageBytes, total);
        }

        if (ArtifactPath.FileUsedAsFolder(files.Keys) is { } both)
        {
            return Refusal.Field("operations", $"The path {both} is both a file and a folder.");
        }

        var old = before.Files.ToDictionary(f => f.Path, f => f.Sha256, StringComparer.Ordinal);
        IReadOnlyList<string> changed =
            [.. files.Keys.Union(old.Keys).Where(path => files.GetValueOrDefault(path)?.Sha256 != old.GetValueOrDefault(path)).Order(StringComparer.Ordinal)];
        var model = DraftConfig.ModelAfter(before.Model, configBefore, changed, path => files.TryGetValue(path, out var file) ? added[file.Sha256] : null);
        return model.Refusal is { } no
            ? no
            : new DraftPatch(new DraftContent(CreateVersion.DigestOf(files.Values), [.. files.Values], model.Value), changed, added);
    }

    private static Refusal? Apply(DraftOperation? operation, string field, SortedDictionary<string, SourceFile> files, Dictionary<string, byte[]> added)
    {
        if (operation?.Path is not { } path)
        {
            return Refusal.Field($"{field}.path", "An operation names a path.");
        }

        if (ArtifactPath.Problem(path) is { } problem)
        {
            return Refusal.Field($"{field}.path", $"The path is refused: {problem}.");
        }

        switch (operation.Op)
        {
            case "put":
                byte[] content;
                try
                {
                    content = Convert.FromBase64String(operation.ContentBase64 ?? throw new FormatException());
                }
                catch (FormatException)
                {
                    return Refusal.Field($"{field}.content_base64", "put needs content_base64: the whole content of the file in base 64.");
                }

                var digest = Convert.ToHexStringLower(SHA256.HashData(content));
                added[digest] = content;
                files[path] = new SourceFile(path, content.Length, digest);
                return null;
            case "remove":
                return files.Remove(path) ? null : Refusal.Field($"{field}.path", $"The draft has no file {path} to remove.");
            default:
                return Refusal.Field($"{field}.op", "op is put or remove.");
        }
    }
}
