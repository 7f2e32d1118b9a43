using System.Globalization;
using Slipway.Bench;

// What the drivers beside this project start; each prints one line when it is ready and runs until its input ends.
return args switch
{
    ["frame-stub", var socket, var token] => await Until(FrameStub.Run(socket, token)),
    ["http-stub"] => await Until(HttpStub.Run()),
    ["gateway", var data, var socket, var token, var key, var record, .. var runtime] =>
        await GatewayHost.RunAsync(
            data, socket, token, key, record == "history", runtime is [var named, ..] ? named : "python", runtime is [_, var most] ? int.Parse(most, CultureInfo.InvariantCulture) : 64),
    ["hosted", var data, var model, var library, var key, var record, .. var batched] => await HostedHost.RunAsync(data, model, library, key, record == "history", batched is not ["unbatched"]),
    ["hosted-start", var data, var model, var library, var key, var body] => await HostedStart.RunAsync(data, model, library, key, body),
    ["echo"] => await EchoHost.RunAsync(),
    ["bare-loop", var model, var library, var seconds] => BareLoop.Run(model, library, double.Parse(seconds, CultureInfo.InvariantCulture)),
    ["open-loop", var url, var key, var body, var rate, var seconds, .. var limits] => await OpenLoop.RunAsync(
        url, key, body, double.Parse(rate, CultureInfo.InvariantCulture), double.Parse(seconds, CultureInfo.InvariantCulture), [.. limits.Select(l => double.Parse(l, CultureInfo.InvariantCulture))]),
    ["micro", .. var onnx] => Micro.Run(onnx is [var onnxLibrary, _] ? onnxLibrary : null, onnx is [_, var onnxModel] ? onnxModel : null),
    _ => Usage(),
};

static async Task<int> Until(Task running)
{
    await running;
    return 0;
}

static int Usage()
{
    Console.Error.WriteLine("Slipway.Bench frame-stub SOCKET TOKEN | http-stub | gateway DATA SOCKET TOKEN KEY history|no-history [RUNTIME [MAX_BATCH]] | hosted DATA MODEL LIBRARY KEY history|no-history [unbatched]"
        + " | hosted-start DATA MODEL LIBRARY KEY BODY | echo | bare-loop MODEL LIBRARY SECONDS | open-loop URL KEY BODY RATE SECONDS LIMIT_MS… | micro [LIBRARY MODEL]");
    return 64;
}
