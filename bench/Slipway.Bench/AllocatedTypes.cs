using System.Collections.Concurrent;
using System.Diagnostics.Tracing;
using System.Globalization;
using System.Text.Json;

namespace Slipway.Bench;

/// <summary>What is allocated, by type: the runtime tells of one object for each 100 KB or so. What the telling allocates is left out.</summary>
internal sealed class AllocatedTypes : EventListener
{
    private const EventKeywords Gc = (EventKeywords)1;
    private readonly ConcurrentDictionary<string, long> bytes = new(StringComparer.Ordinal);

    /// <summary>Bytes by type since the last call, the most first, as one line of JSON.</summary>
    public string Take()
    {
        var seen = bytes.OrderByDescending(b => b.Value).Take(30).ToList();
        bytes.Clear();
        return $"{{{string.Join(',', seen.Select(s => string.Create(CultureInfo.InvariantCulture, $"\"{JsonEncodedText.Encode(s.Key)}\":{s.Value}")))}}}";
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "Microsoft-Windows-DotNETRuntime")
        {
            EnableEvents(eventSource, EventLevel.Verbose, Gc);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventName?.StartsWith("GCAllocationTick", StringComparison.Ordinal) != true)
        {
            return;
        }

        var (type, amount) = ("?", 0L);
        for (var i = 0; i < eventData.PayloadNames!.Count; i++)
        {
            switch (eventData.PayloadNames[i])
            {
                case "TypeName":
                    type = (string)eventData.Payload![i]!;
                    break;
                case "AllocationAmount64":
                    amount = Convert.ToInt64(eventData.Payload![i], CultureInfo.InvariantCulture);
                    break;
            }
        }

        if (!type.StartsWith("System.Diagnostics.Tracing", StringComparison.Ordinal))
        {
            bytes.AddOrUpdate(type, amount, (_, before) => before + amount);
        }
    }
}
