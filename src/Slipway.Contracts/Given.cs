using System.Text.Json.Serialization;

namespace Slipway.Contracts;

/// <summary>A member of a request where absent and null differ: absent keeps what is there, null takes it away.</summary>
/// <remarks>Put <c>JsonIgnore(Condition = WhenWritingDefault)</c> on the member, so that an absent one is not written as null.</remarks>
public readonly record struct Given<T>(T? Value)
{
    /// <summary>Whether the request names the member, if only as null.</summary>
    public bool IsSaid { get; } = true;

    /// <summary>What is to be, where <paramref name="kept"/> is there now.</summary>
    public T? Or(T? kept) => IsSaid ? Value : kept;

    public static implicit operator Given<T>(T? value) => new(value);
}

/// <summary>Reads and writes a number that may be taken away.</summary>
public sealed class GivenNumberConverter : JsonConverter<Given<int?>>
{
    public override bool HandleNull => true;

    public override Given<int?> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.Null => new Given<int?>(null),
        JsonTokenType.Number when reader.TryGetInt32(out var number) => new Given<int?>(number),
        _ => throw new JsonException(),
    };

    public override void Write(Utf8JsonWriter writer, Given<int?> value, JsonSerializerOptions options)
    {
        if (value.Value is { } number)
        {
            writer.WriteNumberValue(number);
        }
        else
        {
            writer.WriteNullValue();
        }
    }
}

/// <summary>Reads and writes a text that may be taken away.</summary>
public sealed class GivenTextConverter : JsonConverter<Given<string>>
{
    public override bool HandleNull => true;

    public override Given<string> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.Null => new Given<string>(null),
        JsonTokenType.String => new Given<string>(reader.GetString()),
        _ => throw new JsonException(),
    };

    public override void Write(Utf8JsonWriter writer, Given<string> value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
}
