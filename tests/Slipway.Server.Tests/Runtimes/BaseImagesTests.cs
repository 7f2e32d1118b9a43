using Microsoft.Extensions.Options;
using Slipway.Server.Platform;
using Slipway.Server.Runtimes;

namespace Slipway.Server.Tests.Runtimes;

public sealed class BaseImagesTests
{
    [Fact]
    public async Task Each_usable_image_names_an_interpreter_that_an_unprivileged_user_can_run()
    {
        var images = await Images(new RuntimesOptions()).AllAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["python", "python-system", "onnx"], images.Select(i => i.Name));
        Assert.NotEmpty(images.Where(i => i.Usable));
        foreach (var image in images.Where(i => i is { Usable: true, Runtime: "python" }))
        {
            var version = await Spawn.RunAsync(
                new SpawnRequest
                {
                    Program = image.Interpreter!, Arguments = ["--version"], WorkingFolder = "/",
                    User = Spawn.CanChangeUser ? new SpawnUser(210_001, 210_001) : null,
                },
                TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
            Assert.Equal($"Python {image.Version}", version.Output.Trim());
        }
    }

    [Fact]
    public async Task An_interpreter_that_is_not_there_is_a_problem_and_nothing_falls_back_silently()
    {
        var image = await Images(new RuntimesOptions { Python = "/nowhere/python3" }).FindAsync("python", TestContext.Current.CancellationToken);

        Assert.False(image!.Usable);
        Assert.Contains("/nowhere/python3", image.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_that_is_no_interpreter_is_a_problem()
    {
        var image = await Images(new RuntimesOptions { SystemPython = "/bin/cat" }).FindAsync("python-system", TestContext.Current.CancellationToken);

        Assert.False(image!.Usable);
        Assert.NotNull(image.Problem);
    }

    [Fact]
    public async Task Without_its_library_the_onnx_image_says_what_is_missing_and_the_others_work()
    {
        var image = await Images(new RuntimesOptions { OnnxLibrary = "/nowhere/libonnxruntime.so.1" }).FindAsync("onnx", TestContext.Current.CancellationToken);

        Assert.False(image!.Usable);
        Assert.Contains("OnnxLibrary", image.Problem, StringComparison.Ordinal);
    }

    private static BaseImages Images(RuntimesOptions options) => new(
        Options.Create(options),
        new OnnxProgram(Options.Create(new ServerOptions { DataFolder = Path.Combine(Path.GetTempPath(), "slipway-test-images") }), Options.Create(options)));
}
