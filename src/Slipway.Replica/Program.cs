using Slipway.Replica;

// slipway-replica replica --folder DIR                       one replica; DIR/spec.json says everything
// slipway-replica inspect --library PATH --model PATH        what a model file is, as one line of JSON
switch (args)
{
    case ["replica", "--folder", var folder]:
        Replica.Run(folder);
        return 70;
    case ["inspect", "--library", var library, "--model", var model]:
        return Inspect.Run(library, model);
    default:
        Console.Error.WriteLine("Usage: slipway-replica replica --folder DIR | inspect --library PATH --model PATH");
        return 64;
}
