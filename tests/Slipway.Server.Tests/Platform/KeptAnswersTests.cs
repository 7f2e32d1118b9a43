using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;
using Slipway.Contracts;
using Slipway.Server.Platform;
using Slipway.Testing;

namespace Slipway.Server.Tests.Platform;

public sealed class KeptAnswersTests
{
    private readonly ManualTimeProvider time = new();
    private readonly Changes changes;
    private readonly KeptAnswers kept;
    private int readings;

    public KeptAnswersTests()
    {
        changes = new Changes(time);
        var json = new JsonOptions();
        json.SerializerOptions.TypeInfoResolver = ContractsJson.Default;
        kept = new KeptAnswers(changes, Options.Create(json), time);
    }

    [Fact]
    public async Task An_answer_is_read_anew_after_a_change_of_its_resource()
    {
        await ReadAsync("runs/a");
        await ReadAsync("runs/a");
        Assert.Equal(1, readings);
        changes.Outdate("runs/a/metrics");
        await ReadAsync("runs/a");
        Assert.Equal(2, readings);
    }

    [Fact]
    public async Task An_answer_holds_for_a_minute_at_most_for_a_change_may_pass_by()
    {
        await ReadAsync("runs/a");
        time.Advance(TimeSpan.FromSeconds(50));
        await ReadAsync("runs/a");
        Assert.Equal(1, readings);
        time.Advance(TimeSpan.FromSeconds(11));   // the age counts from the reading, not from the last use
        await ReadAsync("runs/a");
        Assert.Equal(2, readings);
    }

    [Fact]
    public async Task Many_small_answers_are_bounded_by_what_they_take_with_all_around_them()
    {
        await ReadAsync("runs/a");
        for (var other = 0; other < 90_000; other++)   // 32 MiB at 400 bytes each, of which some 50 are JSON
        {
            await ReadAsync($"runs/{other}");
        }

        var before = readings;
        await ReadAsync("runs/a");
        Assert.Equal(before + 1, readings);
    }

    private Task<IResult> ReadAsync(string resource) => kept.OkAsync(
        resource, "",
        () =>
        {
            readings++;
            return Task.FromResult<Result<MetricPoint>>(new MetricPoint(1, 2, 3));
        },
        _ => "\"1\"");
}
