namespace Slipway.Serving.Hosting;

/// <summary>Whoever sent requests and gets their answers: a gateway behind a socket, or the gateway of this process.</summary>
public interface ICaller
{
    /// <summary>Takes a request out of the open ones; true for exactly one, who owes its last frame.</summary>
    bool Close(PredictRequest request);

    /// <summary>Sends whole frames, in the order of the calls. Never blocks; to a caller that has gone nothing happens.</summary>
    void Send(FrameBuffer frames);
}

/// <summary>Writes a line of the replica's log.</summary>
/// <param name="level">DEBUG, INFO, WARN, ERROR or FATAL.</param>
/// <param name="prediction">The request that it is about; null: none.</param>
public delegate void HostLog(string level, string text, Guid? prediction);
