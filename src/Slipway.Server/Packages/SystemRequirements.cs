using System.Text.Json;
using System.Text.Json.Serialization;
using Slipway.Server.Platform;
using Slipway.Server.Runtimes;

namespace Slipway.Server.Packages;

/// <summary>Checks requirements against what an interpreter sees already; installs nothing. Used by base images that see the machine's own packages.</summary>
internal sealed class SystemRequirements
{
    private const string Script = """
        import json, re, sys
        from importlib import metadata
        try:
            from packaging.requirements import Requirement, InvalidRequirement
        except ImportError:
            try:
                from pip._vendor.packaging.requirements import Requirement, InvalidRequirement
            except ImportError:
                json.dump({"lock": [], "problems": [["", "neither the Python package packaging nor pip is installed, so versions cannot be compared (on Debian: python3-packaging)"]]}, sys.stdout)
                sys.exit(0)
        lock, problems, seen = {}, [], set()
        def name_of(text):
            return re.sub(r"[-_.]+", "-", text).lower()
        def walk(dist):
            key = name_of(dist.metadata["Name"])
            if key in lock:
                return
            lock[key] = dist.version
            for line in dist.requires or []:
                try:
                    wanted = Requirement(line)
                    if wanted.marker is None or wanted.marker.evaluate({"extra": ""}):
                        walk(metadata.distribution(wanted.name))
                except (InvalidRequirement, metadata.PackageNotFoundError):
                    pass
        for line in json.loads(sys.argv[1]):
            try:
                wanted = Requirement(line)
            except InvalidRequirement as e:
                problems.append([line, "it is not a requirement pip understands"])
                continue
            if wanted.marker is not None and not wanted.marker.evaluate():
                continue
            if wanted.url:
                problems.append([line, "a URL cannot be checked against what is installed"])
                continue
            try:
                dist = metadata.distribution(wanted.name)
            except metadata.PackageNotFoundError:
                problems.append([line, "it is not installed"])
                continue
            if not wanted.specifier.contains(dist.version, prereleases=True):
                problems.append([line, "version %s is installed" % dist.version])
                continue
            walk(dist)
        json.dump({"lock": sorted("%s==%s" % i for i in lock.items()), "problems": problems}, sys.stdout)
        """;

    /// <returns>The lock of what is installed, or a failure that names each requirement.</returns>
    public async Task<Result<string>> CheckAsync(BaseImage image, IReadOnlyList<string> requirements, CancellationToken cancellationToken)
    {
        if (requirements.Count == 0)
        {
            return "";
        }

        var request = new SpawnRequest
        {
            Program = image.Interpreter!, Arguments = ["-I", "-c", Script, JsonSerializer.Serialize([.. requirements], PythonPackagesJson.Default.StringArray)], WorkingFolder = "/",
        };
        var answer = await Spawn.RunAsync(request, TimeSpan.FromMinutes(1), cancellationToken);
        if (!answer.Succeeded)
        {
            return EnvironmentRefusals.Failed($"The interpreter of base image {image.Name} did not answer what is installed.");
        }

        var found = JsonSerializer.Deserialize(answer.Output, PythonPackagesJson.Default.InstalledCheck)!;
        return found.Problems.Count == 0
            ? string.Join('\n', found.Lock)
            : EnvironmentRefusals.NotInstalled(image.Name, [.. found.Problems.Select(p => p[0].Length == 0 ? p[1] : $"{p[0]}: {p[1]}")]);
    }
}

internal sealed record InstalledCheck(IReadOnlyList<string> Lock, IReadOnlyList<string[]> Problems);

/// <summary>Why an environment could not be made; the texts become the build's error.</summary>
internal static class EnvironmentRefusals
{
    public static Refusal Failed(string detail) => Refusal.Conflict("build_failed", detail);

    public static Refusal NotInstalled(string image, IReadOnlyList<string> problems) => Failed(
        $"On base image {image} requirements are checked against what this machine has, and nothing is installed. {string.Join("; ", problems)}. Install it on the machine, change the requirement, or use --base-image python.");

    public static Refusal NotNamed(string requirement) => Failed(
        $"The requirement {requirement} is not a package name with versions. URLs, folders and options would run or fetch code while building, which is not allowed here.");

    public static Refusal NoIndex(string requirement) => Failed(
        $"The requirement {requirement} could not be fetched: no package index can be reached from this machine. Use --base-image {BaseImages.PythonSystem} to run on the packages that the machine has, or configure an index (Slipway:Packages:IndexUrl or FindLinks).");

    public static Refusal NotFound(string requirement, string? versions) => Failed(
        $"The requirement {requirement} cannot be met: {(string.IsNullOrEmpty(versions) || versions == "none" ? "the index has no wheel of it for this Python" : $"there is {versions}")}. Packages are taken as wheels only.");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(InstalledCheck))]
[JsonSerializable(typeof(PipReport))]
internal sealed partial class PythonPackagesJson : JsonSerializerContext;
