using System.Collections.Immutable;

namespace Slipway.Server.Runtimes;

/// <summary>All that starting a model needs, made by a build. Immutable; equal content gives an equal <see cref="Digest"/>.</summary>
/// <param name="Runtime">python, onnx or command; a program is started by the Python runner.</param>
/// <param name="BuildId">The build that made it.</param>
/// <param name="PackageFolder">Absolute folder of the unpacked, read-only package.</param>
/// <param name="Interpreter">Absolute path of the interpreter; of onnx the library.</param>
/// <param name="SitePackages">Folders put before the interpreter's own.</param>
/// <param name="Imports">Modules that the warm parent imports before it forks.</param>
/// <param name="Model">What the runner loads: the member <c>model</c> of a replica's spec.json, see docs/replica-protocol.md.</param>
/// <param name="Fork">False: replicas start plainly and not from a warm parent.</param>
/// <param name="PredictConcurrency">Calls of the model that run at a time.</param>
/// <param name="Batch">Whether the runner may take several requests into one call.</param>
/// <param name="Digest">SHA-256 over package, lock, interpreter and runner settings, lower-case hex.</param>
internal sealed record RuntimeLaunch(
    string Runtime, Guid BuildId, string PackageFolder, string Interpreter, ImmutableArray<string> SitePackages, ImmutableArray<string> Imports,
    System.Text.Json.JsonElement Model, bool Fork, int PredictConcurrency, bool Batch, int MaxBatch, string Digest);
