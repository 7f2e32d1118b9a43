using System.Buffers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Slipway.Bench;

/// <summary>The least that a server on Kestrel can do with a predict: read the body, answer the same bytes every time. Its sockets are set as the gateway's.</summary>
internal static class EchoHost
{
    public static async Task<int> RunAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").UseSockets(sockets =>
        {
            sockets.UnsafePreferInlineScheduling = true;
            sockets.WaitForDataBeforeAllocatingBuffer = false;
        });
        await using var app = builder.Build();
        app.Run(static async context =>
        {
            var body = context.Request.BodyReader;
            for (var isWhole = false; !isWhole;)
            {
                var read = await body.ReadAsync(context.RequestAborted);
                isWhole = read.IsCompleted;
                body.AdvanceTo(read.Buffer.End);
            }

            context.Response.ContentType = "application/json";
            context.Response.ContentLength = Answer.Json.Length;
            context.Response.BodyWriter.Write(Answer.Json);
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
        });
        await app.StartAsync();
        Console.WriteLine(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        await app.WaitForShutdownAsync();
        return 0;
    }
}
