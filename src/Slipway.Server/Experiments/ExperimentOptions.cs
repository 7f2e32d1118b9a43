using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Slipway.Server.Experiments;

/// <summary>Paces of runs. Configuration section <c>Slipway:Experiments</c>.</summary>
internal sealed class ExperimentOptions
{
    /// <summary>How long after its last heartbeat a run is taken for lost. Clients beat every ten seconds. Default 2 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:05", "1.00:00:00")]
    public TimeSpan LostAfter { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Pace of looking for lost runs. Default 15 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan LookInterval { get; set; } = TimeSpan.FromSeconds(15);
}

[OptionsValidator]
internal sealed partial class ExperimentOptionsValidator : IValidateOptions<ExperimentOptions>;
