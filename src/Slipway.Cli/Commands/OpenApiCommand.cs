using Microsoft.Extensions.Logging;

namespace Slipway.Cli.Commands;

/// <summary><c>slipway openapi</c>: the API's document, from this program and not from a running server.</summary>
internal static class OpenApiCommand
{
    public static Command Create() => new Command("openapi", "Write the OpenAPI document to standard output.").Runs(async (_, _, cancellationToken) =>
    {
        var folder = Directory.CreateTempSubdirectory("slipway-openapi-");
        try
        {
            await ServerProcess.RunAsync(
                folder.FullName, "127.0.0.1", 0, null, LogLevel.None,
                async (address, token) =>
                {
                    using var http = new HttpClient { BaseAddress = address };
                    Console.Out.WriteLine(await http.GetStringAsync("/openapi/v1.json", token));
                    throw new OperationCanceledException();
                },
                cancellationToken);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        return ExitCode.Done;
    });
}
