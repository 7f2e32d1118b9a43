using System.Collections.Immutable;
using System.Text.Json;
using Slipway.Server.Platform;

namespace Slipway.Server.Packages;

/// <summary>Asks an interpreter which modules are installed in it, without importing them.</summary>
internal sealed class PythonImports
{
    private const string Script = """
        import importlib.util, json, sys
        standard = getattr(sys, "stdlib_module_names", ()) or sys.builtin_module_names
        found = {}
        def there(top):
            if top not in found:
                try:
                    found[top] = top not in standard and importlib.util.find_spec(top) is not None
                except (ImportError, ValueError):
                    found[top] = False
            return found[top]
        json.dump([m for m in json.loads(sys.argv[1]) if there(m.split(".")[0])], sys.stdout)
        """;

    /// <returns>Those of <paramref name="modules"/> whose top-level package is installed and not part of Python itself.</returns>
    public async Task<ImmutableArray<string>> AvailableAsync(string interpreter, IReadOnlyList<string> modules, CancellationToken cancellationToken)
    {
        if (modules.Count == 0)
        {
            return [];
        }

        var request = new SpawnRequest
        {
            Program = interpreter, Arguments = ["-I", "-c", Script, JsonSerializer.Serialize([.. modules], PythonPackagesJson.Default.StringArray)], WorkingFolder = "/",
        };
        var answer = await Spawn.RunAsync(request, TimeSpan.FromMinutes(1), cancellationToken);
        return answer.Succeeded ? [.. JsonSerializer.Deserialize(answer.Output, PythonPackagesJson.Default.StringArray)!] : [];
    }
}
