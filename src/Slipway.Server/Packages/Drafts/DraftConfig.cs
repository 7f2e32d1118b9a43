using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Slipway.Server.Platform;

namespace Slipway.Server.Packages.Drafts;

/// <summary>What a change of config.yaml or of the requirements means for a process that runs.</summary>
internal static class DraftConfig
{
    /// <summary>The JSON of a model has to fit into one frame.</summary>
    private const int MostModelBytes = 48 * 1024;

    /// <summary>Fields of config.yaml that say something about a process before it runs, or about its environment.</summary>
    private static readonly HashSet<string> Unpatchable = new(StringComparer.Ordinal)
    {
        "python_version", "requirements", "requirements_file", "runtime", "resources", "environment_variables", "base_image", "secrets", "system_packages", "build_commands",
        "docker_server", "external_data", "weights", "live_reload", "fork", "batch", "max_batch", "model_module_dir", "model_class_filename", "model_class_name", "model_file",
        "model_type", "signature", "job", "bundled_packages_dir",
    };

    /// <param name="before">What the runner loads, see <see cref="Runtimes.RuntimeLaunch.Model"/>.</param>
    /// <param name="configBefore">Text of config.yaml; null: there was none.</param>
    /// <param name="contentOf">Content of a changed file; null: it was removed.</param>
    /// <returns>What the runner loads afterwards, <c>bad_config</c> or <c>full_push_required</c>.</returns>
    public static Result<JsonElement> ModelAfter(JsonElement before, string? configBefore, IReadOnlyList<string> changed, Func<string, byte[]?> contentOf)
    {
        var old = configBefore is null ? [] : YamlConfig.Parse(configBefore, []);
        var config = old;
        if (changed.Contains("config.yaml"))
        {
            if (contentOf("config.yaml") is not { } content)
            {
                return DraftRefusals.FullPush("config.yaml was removed");
            }

            var read = Read(content);
            if (read.Refusal is { } refusal)
            {
                return refusal;
            }

            config = read.Value;
            var keys = config.Select(p => p.Key).Union(old.Select(p => p.Key)).Where(k => Unpatchable.Contains(k) && !JsonNode.DeepEquals(config[k], old[k])).Order(StringComparer.Ordinal).ToList();
            if (keys.Count > 0)
            {
                return DraftRefusals.FullPush($"{string.Join(", ", keys)} of config.yaml changed");
            }
        }

        var requirements = config["requirements_file"] is JsonValue value && value.TryGetValue<string>(out var named) ? InspectPackage.Relative(named) : "requirements.txt";
        if (changed.Contains(requirements))
        {
            return DraftRefusals.FullPush($"{requirements} changed");
        }

        if (config == old)
        {
            return before;
        }

        var model = JsonNode.Parse(before.GetRawText())!.AsObject();
        model["config"] = config.DeepClone();
        var text = model.ToJsonString();
        return Encoding.UTF8.GetByteCount(text) > MostModelBytes ? DraftRefusals.FullPush("config.yaml is larger than a running process takes") : JsonElement.Parse(text);
    }

    private static Result<JsonObject> Read(byte[] content)
    {
        try
        {
            var text = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(content);
            var lines = new Dictionary<string, int>(StringComparer.Ordinal);
            var json = YamlConfig.Parse(text, lines);
            PackageConfig.Read(json, lines);
            return json;
        }
        catch (DecoderFallbackException)
        {
            return PackageRefusals.BadConfig(null, "it is not UTF-8 text.");
        }
        catch (YamlConfigException exception)
        {
            return PackageRefusals.BadConfig(exception.Line, exception.Message);
        }
    }
}

/// <summary>Every way in which a patch of a draft's files is refused.</summary>
internal static class DraftRefusals
{
    /// <param name="reason">A clause: what changed.</param>
    public static Refusal FullPush(string reason) => Refusal.Conflict(
        "full_push_required", $"A full push is required: {reason}, which a running process cannot take. Push the folder again: slipway push DIR --watch.");
}
