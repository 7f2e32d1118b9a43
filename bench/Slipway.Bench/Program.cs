using Slipway.Bench;

// What the drivers beside this project start; each prints one line when it is ready and runs until its input ends.
return args switch
{
    ["frame-stub", var socket, var token] => await Until(FrameStub.Run(socket, token)),
    ["http-stub"] => await Until(HttpStub.Run()),
    ["gateway", var data, var socket, var token, var key, var record] => await GatewayHost.RunAsync(data, socket, token, key, record == "history"),
    _ => Usage(),
};

static async Task<int> Until(Task running)
{
    await running;
    return 0;
}

static int Usage()
{
    Console.Error.WriteLine("Slipway.Bench frame-stub SOCKET TOKEN | http-stub | gateway DATA SOCKET TOKEN KEY history|no-history");
    return 64;
}
