using Slipway.Cli.Pushing;
using Slipway.Contracts;

namespace Slipway.Cli;

/// <summary>The sample deployment of <c>up --demo</c>: a real model that needs nothing but the machine, in production, with a key of its own.</summary>
internal static class Demo
{
    private const string Name = "sentiment";
    private const string KeyName = "demo";

    public static async Task DeployAsync(ApiClient api, CancellationToken cancellationToken)
    {
        var found = await api.FindAsync($"/api/v1/deployments/production/{Name}", ContractsJson.Default.DeploymentInfo, cancellationToken);
        if (found is null)
        {
            var folder = ProgramFolder.Find(Path.Combine("samples", Name))
                ?? throw new CliException(ExitCode.Failed, "The samples are not beside this program; push a model of yours with 'slipway push DIR'.");
            var push = new Push(api);
            var version = await push.UploadAsync(folder, Name, new VersionOptions(), cancellationToken);
            await push.DeployAsync(version, Name, new DeployOptions("production"), cancellationToken);
            found = await push.WaitAsync("production", Name, TimeSpan.FromMinutes(5), cancellationToken);
        }

        await foreach (var old in api.ListAsync("/api/v1/keys", ContractsJson.Default.PageKeyInfo, cancellationToken))
        {
            if (old is { Name: KeyName, Revoked: false })
            {
                await api.CallAsync(HttpMethod.Delete, $"/api/v1/keys/{old.Id}", cancellationToken);
            }
        }

        var key = await api.PostAsync(
            "/api/v1/keys", new CreateKeyRequest(KeyName, ["predict"], "production", 30), ContractsJson.Default.CreateKeyRequest, ContractsJson.Default.CreatedKey, cancellationToken);
        Console.Out.WriteLine($"  The demo model '{Name}' is live in production. Ask it:");
        Console.Out.WriteLine();
        Console.Out.WriteLine(Push.Curl(found, key.Key, "{\"text\": \"The room was bright, the staff were kind and breakfast was wonderful.\"}"));
        Console.Out.WriteLine();
    }
}
