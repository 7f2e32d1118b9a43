namespace Slipway.Server.Runtimes;

/// <summary>A named starting point of builds: for the local engine an interpreter of this machine.</summary>
/// <param name="Name"><c>python</c> or <c>python-system</c>.</param>
/// <param name="Runtime">The runtime that it serves.</param>
/// <param name="Interpreter">Absolute path, links resolved by the interpreter itself; null when none was found.</param>
/// <param name="Version">For example <c>3.11.2</c>.</param>
/// <param name="SeesSystemPackages">Whether builds see what the machine's packages installed.</param>
/// <param name="Usable">Whether builds and replicas can use it.</param>
/// <param name="Problem">Why it is not usable, or what an operator should know about the choice; null: nothing.</param>
internal sealed record BaseImage(
    string Name, string Runtime, string? Interpreter, string? Version, bool SeesSystemPackages, bool Usable, string? Problem);
