using System.Globalization;
using Slipway.Bench.Registry;

// bench/registry --help says what these are.
var what = args.FirstOrDefault(a => a is "writes" or "versions" or "search" or "history");
var seconds = double.Parse(Option("--seconds") ?? "4", CultureInfo.InvariantCulture);
var runs = int.Parse(Option("--runs") ?? "30000", CultureInfo.InvariantCulture);
var values = int.Parse(Option("--values") ?? "1000000", CultureInfo.InvariantCulture);
var postgreSql = args.Contains("--postgresql");

Console.WriteLine($"{Environment.ProcessorCount} CPUs, .NET {Environment.Version}, load {File.ReadAllText("/proc/loadavg").Split(' ')[0]} at the start");
var good = true;
if (what is null or "writes")
{
    good &= await Writes.RunAsync(seconds, postgreSql, Option("--only"));
}

if (what is null or "versions")
{
    good &= await Versions.RunAsync(seconds, postgreSql);
}

if (what is null or "search")
{
    good &= await Searches.RunAsync(runs, postgreSql);
}

if (what is null or "history")
{
    good &= await Histories.RunAsync(values, postgreSql);
}

return good ? 0 : 1;

string? Option(string name) => Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : null;
