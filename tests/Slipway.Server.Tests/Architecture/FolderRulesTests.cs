using System.Text.RegularExpressions;
using Microsoft.Extensions.Hosting;
using Slipway.Server.Platform;

namespace Slipway.Server.Tests.Architecture;

/// <summary>Holds the folder table of docs/architecture.md.</summary>
public sealed partial class FolderRulesTests
{
    private static readonly string Root = FindRoot();

    [Fact]
    public void A_folder_knows_only_the_folders_that_the_table_allows()
    {
        var allowed = ReadTable();
        var folders = Directory.EnumerateDirectories(Path.Combine(Root, "src/Slipway.Server")).Select(Path.GetFileName).OfType<string>()
            .Where(f => f is not ("bin" or "obj" or "Properties")).ToList();
        Assert.Equal(folders.Order(), allowed.Keys.Order());

        var types = folders.ToDictionary(f => f, f => string.Join('|', Directory.EnumerateFiles(Path.Combine(Root, "src/Slipway.Server", f), "*.cs", SearchOption.AllDirectories).Select(Path.GetFileNameWithoutExtension)));
        var broken = new List<string>();
        foreach (var folder in folders)
        {
            foreach (var file in Directory.EnumerateFiles(Path.Combine(Root, "src/Slipway.Server", folder), "*.cs", SearchOption.AllDirectories))
            {
                var code = StringsAndComments().Replace(File.ReadAllText(file), " ");
                var known = folders.Where(other => other != folder && !allowed[folder].Contains(other)
                    && Regex.IsMatch(code, $@"(using (static )?Slipway\.Server\.{other}\b)|(Slipway\.Server\.{other}\.)|((?<![\w.]){other}\.({types[other]})\b)", RegexOptions.None, TimeSpan.FromSeconds(10)));
                broken.AddRange(known.Select(other => $"{Path.GetRelativePath(Root, file)} knows {other}"));
            }
        }

        Assert.Empty(broken);
    }

    [Fact]
    public void Namespaces_equal_folders()
    {
        var wrong = new List<string>();
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Root, "src"), "*.cs", SearchOption.AllDirectories))
        {
            var relative = Path.GetRelativePath(Path.Combine(Root, "src"), file);
            if (relative.Contains("/obj/") || relative.Contains("/bin/") || relative.Contains("Migrations."))
            {
                continue;
            }

            var expected = Path.GetDirectoryName(relative)!.Replace('/', '.');
            var match = Namespace().Match(File.ReadAllText(file));
            if (match.Success && match.Groups["name"].Value != expected)
            {
                wrong.Add($"{relative}: {match.Groups["name"].Value}");
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void Work_beside_the_requests_stays_off_the_IO_threads()
    {
        var others = typeof(HostedLoop).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(BackgroundService)) && t != typeof(HostedLoop) && !t.IsSubclassOf(typeof(HostedLoop)));
        Assert.Empty(others);
    }

    [Theory]
    [InlineData(@"\bProcess\.Start\b|\bnew Process(StartInfo)?\b", "Platform/Spawn.cs")]                                                          // would give a child the server's environment
    [InlineData(@"\b(HttpClient|SocketsHttpHandler|HttpClientHandler|WebClient|WebRequest|IHttpClientFactory)\b", "Platform/OutboundClient.cs")]   // would reach private addresses
    [InlineData(@"\b(TarReader|TarFile)\b", "Platform/ArchiveExtractor.cs")]                                                                       // would make devices, and fill the disk
    [InlineData(@"\b(ZipFile|ZipArchive)\b", "Registry/ArchiveFiles.cs")]                                                                          // which only writes
    [InlineData(@"\b(IFormFile|IFormCollection|ReadFormAsync|HasFormContentType|FromForm|MultipartReader)\b|\bRequest\.Form\b")]                // forms are not read at all
    [InlineData(@"\b(DeserializeAsync|ReadFromJsonAsync|JsonNode\.ParseAsync|JsonDocument\.ParseAsync)\b[^;]*\bRequest\b")]                     // JSON bodies have one reader
    [InlineData(@"\b(UnescapeDataString|UrlDecode|UrlDecodeToBytes)\b", "Experiments/Search/SearchRuns.cs")]                                       // its own page token; an address is decoded once, by Kestrel
    public void What_is_dangerous_is_done_in_one_place(string use, params string[] places)
    {
        var files = Sources("src/Slipway.Server").Concat(Sources("src/Slipway.Serving")).ToList();
        var found = files.Where(f => Regex.IsMatch(StringsAndComments().Replace(File.ReadAllText(f), " "), use, RegexOptions.None, TimeSpan.FromSeconds(10)))
            .Select(f => Path.GetRelativePath(Path.Combine(Root, "src/Slipway.Server"), f)).ToList();
        Assert.Equal(places, found);
    }

    [Fact]
    public void Comments_cite_only_documents_that_are_here()
    {
        var here = Directory.EnumerateFiles(Root, "*.md").Concat(new[] { "docs", "src", "runtimes", "bench", "samples", "sdk" }.SelectMany(f => Directory.EnumerateFiles(Path.Combine(Root, f), "*.md", SearchOption.AllDirectories)))
            .Select(Path.GetFileName).ToHashSet();
        var missing = Sources("src").Concat(Sources("tests"))
            .SelectMany(f => File.ReadLines(f).Where(l => l.Contains("//", StringComparison.Ordinal)).SelectMany(l => Cited().Matches(l[l.IndexOf("//", StringComparison.Ordinal)..])).Select(m => (File: f, m.Value)))
            .Where(c => !here.Contains(c.Value)).Select(c => $"{Path.GetRelativePath(Root, c.File)}: {c.Value}");
        Assert.Empty(missing);
    }

    [Fact]
    public void Only_one_file_of_the_command_line_knows_the_server()
    {
        var knowing = Directory.EnumerateFiles(Path.Combine(Root, "src/Slipway.Cli"), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/obj/") && File.ReadAllText(f).Contains("using Slipway.Server", StringComparison.Ordinal))
            .Select(Path.GetFileName);
        Assert.Equal(["ServerProcess.cs"], knowing);
    }

    private static Dictionary<string, HashSet<string>> ReadTable() =>
        File.ReadLines(Path.Combine(Root, "docs/architecture.md")).SkipWhile(l => !l.StartsWith("| folder |", StringComparison.Ordinal)).Skip(2)
            .TakeWhile(l => l.StartsWith('|')).Select(l => l.Trim('|').Split('|').Select(c => c.Trim()).ToArray())
            .ToDictionary(
                cells => cells[0],
                cells => cells[2].Split(',', StringSplitOptions.TrimEntries).Where(f => f != "–")
                    .Concat(cells[0] == "Platform" ? [] : cells[0] == "Identity" ? ["Platform"] : ["Platform", "Identity"]).ToHashSet());

    private static IEnumerable<string> Sources(string folder) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories).Where(f => !f.Contains("/obj/", StringComparison.Ordinal));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Slipway.slnx")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests run inside the source tree.");
        }

        return folder.FullName;
    }

    [GeneratedRegex("""("(\\.|[^"\\\n])*")|(//[^\n]*)""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex StringsAndComments();

    [GeneratedRegex("""\b[\w-]+\.md\b""", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Cited();

    [GeneratedRegex("""^namespace (?<name>[\w.]+);""", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Namespace();
}
