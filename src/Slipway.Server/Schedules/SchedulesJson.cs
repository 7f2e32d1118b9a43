using System.Text.Json.Serialization;

namespace Slipway.Server.Schedules;

/// <summary>What this folder keeps as JSON in its own rows.</summary>
[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class SchedulesJson : JsonSerializerContext;
