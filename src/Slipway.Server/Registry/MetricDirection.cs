using System.Text.RegularExpressions;

namespace Slipway.Server.Registry;

/// <summary>Guesses from its name whether less of a metric is better. A guess: whoever compares may say otherwise.</summary>
internal static partial class MetricDirection
{
    private static readonly HashSet<string> Lower = new(StringComparer.Ordinal)
    {
        "loss", "losses", "logloss", "error", "errors", "err", "mse", "rmse", "mae", "mape", "smape", "wape", "mase", "msle", "rmsle", "rse", "medae", "nll", "perplexity", "ppl",
        "entropy", "crossentropy", "divergence", "kl", "kld", "distance", "deviance", "aic", "bic", "brier", "ece", "eer", "wer", "cer", "fid", "fpr", "fnr",
        "residual", "residuals", "latency", "duration", "time", "seconds", "ms", "cost", "penalty", "regret", "hamming", "misclassification", "misclassified", "drift", "psi",
    };

    /// <summary>Any word of the name says so: <c>val_loss</c>, <c>trainLogLoss</c>, <c>p95 latency</c>, <c>mean_absolute_error</c>, <c>rmse@10</c>.</summary>
    public static bool LowerIsBetter(string metric)
    {
        foreach (var word in Words().Matches(metric).Select(m => m.Value.ToLowerInvariant()))
        {
            if (Lower.Contains(word) || word.EndsWith("loss", StringComparison.Ordinal) || word.EndsWith("error", StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    [GeneratedRegex("[A-Z]+(?![a-z])|[A-Z]?[a-z]+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Words();
}
