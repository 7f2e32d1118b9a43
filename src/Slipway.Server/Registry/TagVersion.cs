using System.Text.Json;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Registry;

/// <summary>Sets and takes away tags of a version.</summary>
internal sealed class TagVersion(EditVersion edit)
{
    /// <returns>The version as it now is, <c>invalid_field</c>, <c>too_many_tags</c>, or a refusal of <see cref="EditVersion"/>.</returns>
    public async Task<Result<ModelVersionInfo>> SetAsync(VersionAddress which, SetTagRequest tag, Actor by, CancellationToken cancellationToken)
    {
        if (!IsTag(tag))
        {
            return RegistryRefusals.BadTag();
        }

        return await edit.RunAsync(which, by, "version.tagged", (found, _) => Task.FromResult(Set(found, tag)), cancellationToken);
    }

    /// <returns>The version as it now is, <c>tag_not_found</c>, or a refusal of <see cref="EditVersion"/>.</returns>
    public Task<Result<ModelVersionInfo>> DeleteAsync(VersionAddress which, string key, Actor by, CancellationToken cancellationToken) => edit.RunAsync(
        which, by, "version.untagged",
        (found, _) =>
        {
            if (found.Version.Tags.Find(t => t.Key == key) is not { } tag)
            {
                return Task.FromResult<Result<AuditedEdit?>>(RegistryRefusals.TagNotFound(key));
            }

            found.Version.Tags.Remove(tag);
            found.Version.Edited(found.Now);
            return Task.FromResult<Result<AuditedEdit?>>(new AuditedEdit(Audited(key, tag.Value), null));
        },
        cancellationToken);

    public static bool IsTag(SetTagRequest tag) =>
        !string.IsNullOrWhiteSpace(tag.Key) && tag.Key.Length <= VersionTag.LongestKey && !tag.Key.Any(char.IsControl) && tag.Value is { Length: <= VersionTag.LongestValue };

    public static string Audited(string key, string value) => JsonSerializer.Serialize(
        new Dictionary<string, string> { [key] = value.Length <= 200 ? value : string.Concat(value.AsSpan(0, 200), "…") }, ContractsJson.Default.DictionaryStringString);

    private static Result<AuditedEdit?> Set(VersionEdit found, SetTagRequest tag)
    {
        var (_, _, version, now) = found;
        var there = version.Tags.Find(t => t.Key == tag.Key);
        if (there?.Value == tag.Value)
        {
            return (AuditedEdit?)null;
        }

        if (there is null && version.Tags.Count >= VersionTag.Most)
        {
            return RegistryRefusals.TooManyTags();
        }

        var before = there is null ? null : Audited(tag.Key, there.Value);
        if (there is null)
        {
            version.Tags.Add(new VersionTag { VersionId = version.Id, Key = tag.Key, Value = tag.Value });
        }
        else
        {
            there.Value = tag.Value;
        }

        version.Edited(now);
        return new AuditedEdit(before, Audited(tag.Key, tag.Value));
    }
}
