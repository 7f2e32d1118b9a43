namespace Slipway.Server.Experiments.Search;

internal enum FilterEntity
{
    Metric,
    Parameter,
    Tag,
    Attribute,
}

/// <summary>What a run has besides what it logs.</summary>
internal enum RunAttribute
{
    RunId,
    RunName,
    Status,
    UserId,
    StartTime,
    EndTime,
    ParentRunId,
}

internal enum FilterComparison
{
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Like,
    ILike,
    In,
    NotIn,
}

/// <summary>What a condition or an order is about.</summary>
/// <param name="Name">The key of a metric, parameter or tag.</param>
/// <param name="Attribute">For <see cref="FilterEntity.Attribute"/> only.</param>
internal sealed record FilterSubject(FilterEntity Entity, string Name, RunAttribute? Attribute);

/// <summary>One condition; a run must meet all of a filter's.</summary>
/// <param name="Number">Of a metric, encoded as it is stored; of a time, in milliseconds since 1970.</param>
/// <param name="Texts">One; more only for IN and NOT IN.</param>
internal sealed record FilterCondition(FilterSubject Subject, FilterComparison Comparison, long Number, IReadOnlyList<string> Texts);

/// <summary>One key of an order.</summary>
internal sealed record FilterOrder(FilterSubject Subject, bool Descending);
