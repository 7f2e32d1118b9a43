using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.Options;
using Slipway.Server.Platform;

namespace Slipway.Server.Status;

/// <summary>Serves the built UI: files below <c>/ui/</c>, and the start page for every address that the UI itself understands.</summary>
internal sealed class UiFiles(IOptions<ServerOptions> options)
{
    private static readonly FileExtensionContentTypeProvider Types = new();
    private readonly string folder = Path.GetFullPath(options.Value.UiFolder ?? Path.Combine(AppContext.BaseDirectory, "ui"));

    /// <param name="path">Below /ui/, decoded once by the server; null or empty is the start page.</param>
    public IResult Find(string? path, HttpResponse response)
    {
        // A dot says nothing: a model may be called v1.2. What is no file is an address of the UI, except below assets/.
        var isAsset = path?.StartsWith("assets/", StringComparison.Ordinal) ?? false;
        if (path is { Length: > 0 } && SafePath.Resolve(folder, path) is { IsRefused: false, Value: var file } && File.Exists(file))
        {
            // Names below assets/ carry a hash of their content.
            response.Headers.CacheControl = isAsset ? "public, max-age=31536000, immutable" : "no-cache";
            return Send(file);
        }

        if (isAsset)
        {
            return EdgeRefusals.NotFound.ToProblem();
        }

        var start = Path.Combine(folder, "index.html");
        response.Headers.CacheControl = "no-cache";
        return File.Exists(start)
            ? Send(start)
            : Refusal.NotFound("ui_not_built", "The user interface was not built into this server; build it with 'npm run build' in ui/.").ToProblem();
    }

    private static IResult Send(string file) => Results.File(
        file, Types.TryGetContentType(file, out var type) ? type : "application/octet-stream", lastModified: new DateTimeOffset(File.GetLastWriteTimeUtc(file)));
}
