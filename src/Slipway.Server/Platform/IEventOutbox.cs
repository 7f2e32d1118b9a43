using System.Text.Json.Nodes;

namespace Slipway.Server.Platform;

/// <summary>Tells other systems of a change: the event is stored in the change's own transaction and delivered afterwards, at least once.</summary>
internal interface IEventOutbox
{
    /// <summary>Records an event on the unit's own context. Costs nothing when nobody wants the type.</summary>
    /// <param name="type">One of <see cref="EventTypes"/>.</param>
    /// <param name="subject">What it is about, as a path below <c>/api/v1</c>.</param>
    /// <param name="data">Facts, never secrets or payloads.</param>
    void Record(SlipwayDbContext db, string type, string subject, JsonObject data);
}
