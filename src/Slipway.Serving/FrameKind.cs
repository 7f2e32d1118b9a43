namespace Slipway.Serving;

/// <summary>Kinds of frames; see docs/replica-protocol.md.</summary>
public enum FrameKind : byte
{
    Hello = 1,
    Loaded = 2,
    Failed = 3,
    Predict = 4,
    Body = 5,
    Result = 6,
    Chunk = 7,
    End = 8,
    Credit = 9,
    Error = 10,
    Cancel = 11,
    Ping = 12,
    Pong = 13,
    Drain = 14,
    Reload = 15,
}
