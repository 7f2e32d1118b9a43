using Slipway.Replica;

// slipway-replica replica --folder DIR --library PATH        one replica; DIR/spec.json says the rest
// slipway-replica inspect --library PATH --model PATH        what a model file is, as one line of JSON
// slipway-replica version --library PATH [--reads DIR]       the library's version; fails when it, or a file of DIR, cannot be read
switch (args)
{
    case ["replica", "--folder", var folder, "--library", var library]:
        Replica.Run(folder, library);
        return 70;
    case ["inspect", "--library", var library, "--model", var model]:
        return Inspect.Run(library, model);
    case ["version", "--library", var library, .. var rest]:
        return Inspect.Version(library, rest is ["--reads", var needed] ? needed : null);
    default:
        Console.Error.WriteLine("Usage: slipway-replica replica --folder DIR --library PATH | inspect --library PATH --model PATH | version --library PATH [--reads DIR]");
        return 64;
}
