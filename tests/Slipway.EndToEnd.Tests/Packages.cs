namespace Slipway.EndToEnd.Tests;

/// <summary>Small real packages, as people write them.</summary>
internal static class Packages
{
    /// <summary>Answers its own tag and the input.</summary>
    public static Dictionary<string, string> Echo(string tag) => new()
    {
        ["config.yaml"] = "description: echoes\n",
        ["model/model.py"] = $"""
            class Model:
                def load(self):
                    print("loaded {tag}")

                def predict(self, inputs):
                    return dict(tag="{tag}", echo=inputs)
            """,
    };

    /// <summary>Echo that takes <paramref name="seconds"/> for each call.</summary>
    public static Dictionary<string, string> Slow(string tag, double seconds) => new()
    {
        ["config.yaml"] = "description: slow\n",
        ["model/model.py"] = $"""
            import time

            class Model:
                def predict(self, inputs):
                    time.sleep({seconds})
                    return dict(tag="{tag}", echo=inputs)
            """,
    };

    /// <summary>Echo that prints all the time, whether or not a server is there to read it.</summary>
    public static Dictionary<string, string> Talks(string tag) => Code($"""
        import threading, time

        def talk():
            while True:
                print("still here", flush=True)
                time.sleep(0.02)

        class Model:
            def load(self):
                threading.Thread(target=talk, daemon=True).start()

            def predict(self, inputs):
                print("asked", flush=True)
                return dict(tag="{tag}", echo=inputs)
        """);

    public static Dictionary<string, string> Code(string code) => new()
    {
        ["config.yaml"] = "description: test\n",
        ["model/model.py"] = code,
    };
}
