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

    [GeneratedRegex("""^namespace (?<name>[\w.]+);""", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Namespace();
}
