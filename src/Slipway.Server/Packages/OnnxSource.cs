using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using Slipway.Contracts;
using Slipway.Server.Platform;
using Slipway.Server.Runtimes;

namespace Slipway.Server.Packages;

/// <summary>
/// Looks at an ONNX model that was uploaded: in a short-lived process with limits of time and memory, as an unprivileged user where there is one. The file is never opened by
/// the library inside the server.
/// </summary>
internal sealed class OnnxSource(BaseImages images, OnnxProgram program, DataFolders folders, IOptions<RuntimesOptions> runtimes, IOptions<PackagesOptions> options)
{
    private volatile bool canUseUser;

    /// <returns>
    /// What the model takes and gives, and why it cannot be served all the same (null: it can); or onnx_runtime_missing, bad_onnx, unsupported_onnx, onnx_external_data.
    /// </returns>
    /// <exception cref="IOException">The disk is full or broken.</exception>
    public async Task<Result<(ModelSignatureInfo Signature, string? NotRunnable)>> InspectAsync(PackageFiles files, string model, CancellationToken cancellationToken)
    {
        if (await images.FindAsync(BaseImages.Onnx, cancellationToken) is not { Usable: true })
        {
            return PackageRefusals.OnnxRuntimeMissing((await images.FindAsync(BaseImages.Onnx, cancellationToken))?.Problem);
        }

        if (files.All.First(f => f.Path == model).SizeBytes > int.MaxValue)
        {
            return PackageRefusals.Onnx("bad_onnx", model, "it is over 2 GiB, which ONNX cannot hold; keep large tensors in a file beside it (external data).");
        }

        var folder = Path.Combine(folders.Packages, $".inspect-{Guid.NewGuid():N}");
        try
        {
            // The model, and what lies beside or below it: the only files that it may refer to.
            var beside = Path.GetDirectoryName(model) is { Length: > 0 } inner ? $"{inner}/" : "";
            PackageFiles.CreateReadable(folder);
            await files.WriteAsync(folder, path => path.StartsWith(beside, StringComparison.Ordinal), cancellationToken);
            return Read(model, await AskAsync(folder, model, cancellationToken));
        }
        finally
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private async Task<ToolResult> AskAsync(string folder, string model, CancellationToken cancellationToken)
    {
        var installation = program.Ensure();
        var user = await UserAsync(installation, folder, cancellationToken);
        var request = installation.Request(folder, user, "inspect", "--library", installation.Library, "--model", Path.Combine(folder, model)) with
        {
            Limits = new SpawnLimits(AddressSpaceBytes: options.Value.OnnxAddressSpaceBytes, FileSizeBytes: 0),
            Environment = new Dictionary<string, string>(OnnxInstallation.Environment) { ["DOTNET_GCHeapHardLimit"] = "0x8000000" },   // 128 MiB: no 256 GiB of addresses are reserved
        };
        return await Spawn.RunAsync(request, options.Value.ParseTimeout, cancellationToken, outputBytes: 4 << 20);
    }

    /// <summary>
    /// The unprivileged user to look as; null: the server's own, because the data folder lies where nobody else can get, which is tried without touching the library's reading of the
    /// file: no file may decide who looks at it.
    /// </summary>
    private async Task<SpawnUser?> UserAsync(OnnxInstallation installation, string folder, CancellationToken cancellationToken)
    {
        if (!Spawn.CanChangeUser || !runtimes.Value.OwnUsers)
        {
            return null;
        }

        var user = new SpawnUser(runtimes.Value.FirstUserId, runtimes.Value.FirstUserId);
        if (!canUseUser)
        {
            var trial = await Spawn.RunAsync(
                installation.Request("/", user, "version", "--library", installation.Library, "--reads", folder), options.Value.ParseTimeout, cancellationToken);
            canUseUser = trial.Succeeded;
        }

        return canUseUser ? user : null;
    }

    private static Result<(ModelSignatureInfo Signature, string? NotRunnable)> Read(string model, ToolResult answer)
    {
        if (!answer.Succeeded)
        {
            return PackageRefusals.Onnx("bad_onnx", model, "it cannot be loaded within the limits of time and memory for looking at a model.");
        }

        InspectedOnnx? found;
        try
        {
            found = JsonSerializer.Deserialize(answer.Output, OnnxSourceJson.Default.InspectedOnnx);
        }
        catch (JsonException)
        {
            found = null;
        }

        return found switch
        {
            null => PackageRefusals.Onnx("bad_onnx", model, "looking at it broke off."),
            { Error: { } code } => PackageRefusals.Onnx(code, model, found.Message ?? ""),
            _ => (new ModelSignatureInfo(
                found.Inputs ?? [], found.Outputs ?? [], found.Producer, found.ProducerVersion, found.GraphName, found.Description, found.IrVersion,
                found.Opsets ?? new Dictionary<string, long>(), found.Metadata ?? new Dictionary<string, string>()), found.NotRunnable),
        };
    }
}

/// <summary>What the child prints; see Slipway.Replica's <c>InspectedModel</c>.</summary>
internal sealed record InspectedOnnx(
    string? Error, string? Message, long IrVersion, Dictionary<string, long>? Opsets, string? Producer, string? ProducerVersion, string? GraphName, string? Description,
    Dictionary<string, string>? Metadata, IReadOnlyList<TensorInfo>? Inputs, IReadOnlyList<TensorInfo>? Outputs, string? NotRunnable);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(InspectedOnnx))]
internal sealed partial class OnnxSourceJson : JsonSerializerContext;
