using Slipway.Server.Deployments;
using Slipway.Server.History;

namespace Slipway.Server.Gateway;

/// <summary>Who asks for a prediction.</summary>
/// <param name="DefaultEnvironment">Where names without a scope are looked for; null: production.</param>
internal readonly record struct PredictionCaller(Guid UserId, string User, string? DefaultEnvironment, Origin Origin);
