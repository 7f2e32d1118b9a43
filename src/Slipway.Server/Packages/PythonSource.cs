using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using Slipway.Server.Platform;
using Slipway.Server.Runtimes;

namespace Slipway.Server.Packages;

/// <summary>What a Python file says of itself. It was parsed by an interpreter and never run.</summary>
/// <param name="ErrorLine">Line of the syntax error, counted from 1; null: it parses.</param>
/// <param name="Names">Names bound at the top of the module.</param>
/// <param name="Star">Whether it imports <c>*</c>, so that more names may be bound.</param>
/// <param name="Classes">Classes at the top, with their methods.</param>
/// <param name="Imports">Modules that it imports anywhere, dotted, without relative ones.</param>
internal sealed record PythonFile(
    int? ErrorLine, string? Error, IReadOnlyList<string> Names, bool Star, IReadOnlyDictionary<string, PythonClass> Classes, IReadOnlyList<string> Imports);

/// <param name="Derived">It has base classes, which may have the methods that it lacks.</param>
internal sealed record PythonClass(IReadOnlyList<string> Methods, bool Derived);

/// <summary>Parses the Python files of a package with a base image's own interpreter: <c>ast</c> only, nothing is imported or run.</summary>
internal sealed class PythonSource(BaseImages images, IOptions<PackagesOptions> options)
{
    private const int MaxFiles = 1000;
    private const long MaxFileBytes = 4 << 20;

    private const string Script = """
        import ast, json, os, sys
        root, out = sys.argv[1], {}
        for folder, _, files in os.walk(root):
            for name in files:
                path = os.path.join(folder, name)
                found = {"error_line": None, "error": None, "names": [], "star": False, "classes": {}, "imports": []}
                out[os.path.relpath(path, root)] = found
                try:
                    with open(path, "rb") as f:
                        tree = ast.parse(f.read(), name)
                except SyntaxError as e:
                    found["error_line"], found["error"] = e.lineno or 1, str(e.msg)
                    continue
                except (ValueError, RecursionError, MemoryError) as e:
                    found["error_line"], found["error"] = 1, str(e) or "it cannot be parsed"
                    continue
                names, imports = set(), set()
                def bind(body):
                    for n in body:
                        if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)):
                            names.add(n.name)
                        elif isinstance(n, ast.ClassDef):
                            names.add(n.name)
                            methods = set()
                            for m in n.body:
                                if isinstance(m, (ast.FunctionDef, ast.AsyncFunctionDef)):
                                    methods.add(m.name)
                                elif isinstance(m, ast.Assign):
                                    methods.update(t.id for t in m.targets if isinstance(t, ast.Name))
                            found["classes"][n.name] = {"methods": sorted(methods), "derived": bool(n.bases or n.keywords or n.decorator_list)}
                        elif isinstance(n, (ast.Import, ast.ImportFrom)):
                            for a in n.names:
                                if a.name == "*":
                                    found["star"] = True
                                else:
                                    names.add((a.asname or a.name).split(".")[0])
                        elif isinstance(n, (ast.Assign, ast.AnnAssign)):
                            for t in (n.targets if isinstance(n, ast.Assign) else [n.target]):
                                names.update(x.id for x in ast.walk(t) if isinstance(x, ast.Name))
                        elif isinstance(n, (ast.If, ast.For, ast.While, ast.With, ast.Try)):
                            for part in ("body", "orelse", "finalbody"):
                                bind(getattr(n, part, []))
                            for h in getattr(n, "handlers", []):
                                bind(h.body)
                try:
                    bind(tree.body)
                    for n in ast.walk(tree):
                        if isinstance(n, ast.Import):
                            imports.update(a.name for a in n.names)
                        elif isinstance(n, ast.ImportFrom) and n.level == 0 and n.module:
                            imports.add(n.module)
                except RecursionError:
                    found["error_line"], found["error"] = 1, "it is nested too deeply"
                found["names"], found["imports"] = sorted(names), sorted(imports)
        json.dump(out, sys.stdout)
        """;

    /// <returns>File to what was found; null when no interpreter could be asked.</returns>
    /// <exception cref="IOException">The disk is full or broken.</exception>
    public async Task<IReadOnlyDictionary<string, PythonFile>?> ParseAsync(PackageFiles files, string? baseImage, string workFolder, CancellationToken cancellationToken)
    {
        var chosen = files.All.Where(f => f.Path.EndsWith(".py", StringComparison.Ordinal) && f.SizeBytes <= MaxFileBytes).Take(MaxFiles).Select(f => f.Path).ToHashSet();
        if (chosen.Count == 0)
        {
            return new Dictionary<string, PythonFile>();
        }

        var image = baseImage is null ? null : await images.FindAsync(baseImage, cancellationToken);
        image = image is { Usable: true } ? image : (await images.AllAsync(cancellationToken)).FirstOrDefault(i => i is { Usable: true, Runtime: "python" });
        if (image is null)
        {
            return null;
        }

        var folder = Path.Combine(workFolder, $".inspect-{Guid.NewGuid():N}");
        try
        {
            PackageFiles.CreateReadable(folder);
            await files.WriteAsync(folder, chosen.Contains, cancellationToken);
            var request = new SpawnRequest
            {
                Program = image.Interpreter!, Arguments = ["-I", "-S", "-c", Script, folder], WorkingFolder = folder,
                Limits = new SpawnLimits(AddressSpaceBytes: 1L << 30, FileSizeBytes: 0),
            };
            var answer = await Spawn.RunAsync(request, options.Value.ParseTimeout, cancellationToken, outputBytes: 16 << 20);
            if (answer.Succeeded)
            {
                return JsonSerializer.Deserialize(answer.Output, PythonSourceJson.Default.DictionaryStringPythonFile);
            }

            var blown = new PythonFile(1, "it cannot be parsed within the limits of time and memory", [], false, new Dictionary<string, PythonClass>(), []);
            return chosen.ToDictionary(path => path, _ => blown);
        }
        finally
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(Dictionary<string, PythonFile>))]
internal sealed partial class PythonSourceJson : JsonSerializerContext;
