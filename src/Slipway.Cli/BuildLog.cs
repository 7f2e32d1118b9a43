using Slipway.Cli.Commands;
using Slipway.Contracts;

namespace Slipway.Cli;

/// <summary>The log of the build behind a deployment's newest revision.</summary>
internal static class BuildLog
{
    /// <summary>Opens the log; with <paramref name="follow"/> it ends when the build does.</summary>
    /// <returns>Null before there is a build.</returns>
    public static async Task<Stream?> OpenAsync(ApiClient api, string environment, string name, bool follow, CancellationToken cancellationToken)
    {
        var revisions = await api.GetAsync(DeploymentNames.Path(environment, name) + "/revisions?limit=1", ContractsJson.Default.PageRevisionInfo, cancellationToken);
        if (revisions.Items.FirstOrDefault()?.Variants[0] is not { } variant)
        {
            return null;
        }

        var path = $"/api/v1/models/{Uri.EscapeDataString(variant.Model)}/versions/{variant.ModelVersion}/builds";
        var builds = await api.GetAsync(path, ContractsJson.Default.PageBuildInfo, cancellationToken);
        if (builds.Items.FirstOrDefault(b => b.BaseImage == variant.BaseImage) is not { } build)
        {
            return null;
        }

        var response = await api.StreamAsync(HttpMethod.Get, $"{path}/{build.Id}/log{(follow ? "?follow=true" : "")}", null, cancellationToken);
        return await response.Content.ReadAsStreamAsync(cancellationToken);
    }

    /// <summary>Says each line of a running build as it comes; ends with it. What goes wrong here is not the build's fault and says nothing.</summary>
    public static async Task SayAsync(ApiClient api, string environment, string name, CancellationToken cancellationToken)
    {
        try
        {
            if (await OpenAsync(api, environment, name, follow: true, cancellationToken) is { } log)
            {
                using var reader = new StreamReader(log);
                while (await reader.ReadLineAsync(cancellationToken) is { } line)
                {
                    CommandContext.Say("  " + line);
                }
            }
        }
        catch (Exception exception) when (exception is CliException or IOException or HttpRequestException or OperationCanceledException)
        {
            // The rollout's own words follow anyway.
        }
    }
}
