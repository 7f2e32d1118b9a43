namespace Slipway.Server.Platform;

/// <summary>Done, or the reason why not.</summary>
public readonly struct Result(Refusal? refusal)
{
    public static Result Done => default;

    public Refusal? Refusal { get; } = refusal;

    public static implicit operator Result(Refusal refusal) => new(refusal);
}

/// <summary>A value, or the reason why there is none.</summary>
public readonly struct Result<T>
{
    private readonly T? value;

    private Result(T? value, Refusal? refusal)
    {
        this.value = value;
        Refusal = refusal;
    }

    public Refusal? Refusal { get; }

    /// <summary>The value; asking for it after a refusal is a bug and throws.</summary>
    public T Value => Refusal is null ? value! : throw new InvalidOperationException($"Refused: {Refusal.Code}");

    public bool IsRefused => Refusal is not null;

    public static implicit operator Result<T>(T value) => new(value, null);

    public static implicit operator Result<T>(Refusal refusal) => new(default, refusal);
}
