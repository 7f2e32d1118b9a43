using Slipway.Cli;

namespace Slipway.Server.Tests.Deployments;

/// <summary>What <c>slipway secrets set</c> takes from a person.</summary>
public sealed class HiddenInputTests
{
    [Theory]
    [InlineData("typed\r", "typed")]
    [InlineData("tyy\bped\r", "typed")]
    [InlineData("\b\u0001a\r", "a")]
    [InlineData("-----BEGIN KEY-----\rMIGH\t=\r\r-----END KEY-----\r", "-----BEGIN KEY-----\nMIGH\t=\n\n-----END KEY-----")]
    [InlineData("one\ntwo\n", "one\ntwo")]
    public void Lines_that_wait_are_of_the_value_and_the_last_line_end_is_not(string keys, string value)
    {
        var waiting = new Queue<char>(keys);
        Assert.Equal(value, HiddenInput.Read(() => Key(waiting.Dequeue()), () => waiting.Count > 0));
    }

    private static ConsoleKeyInfo Key(char one) =>
        new(one, one switch { '\r' => ConsoleKey.Enter, '\b' => ConsoleKey.Backspace, _ => ConsoleKey.None }, shift: false, alt: false, control: false);
}
