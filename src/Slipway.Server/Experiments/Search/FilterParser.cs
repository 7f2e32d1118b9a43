using System.Globalization;
using Slipway.Server.Platform;

namespace Slipway.Server.Experiments.Search;

/// <summary>
/// Reads MLflow's search grammar: <c>metrics.loss &lt; 0.1 and params.optimizer = 'adam' and tags.team LIKE '%nlp%' and attributes.status IN ('Completed', 'Failed')</c>.
/// Conditions are joined by AND only. Metrics and times are compared as numbers, all else as texts.
/// </summary>
internal sealed class FilterParser
{
    private const int MostConditions = 50;
    private const int MostInList = 100;
    private readonly string field;
    private readonly List<FilterToken> tokens;
    private int at;

    private FilterParser(string field, List<FilterToken> tokens) => (this.field, this.tokens) = (field, tokens);

    private FilterToken Now => tokens[at];

    /// <returns>The conditions; none for an empty text; or a refusal that points at the character.</returns>
    public static Result<List<FilterCondition>> Filter(string? text)
    {
        var read = FilterLexer.Read(text ?? "", "filter");
        return read.Refusal is { } refusal ? refusal : new FilterParser("filter", read.Value).Conditions();
    }

    /// <param name="texts">Each a key with ASC or DESC behind it, or several with commas between them.</param>
    public static Result<List<FilterOrder>> Order(IEnumerable<string> texts)
    {
        var orders = new List<FilterOrder>();
        foreach (var text in texts)
        {
            var read = FilterLexer.Read(text, "order_by");
            if (read.Refusal is { } refusal)
            {
                return refusal;
            }

            var parser = new FilterParser("order_by", read.Value);
            if (parser.Orders(orders) is { } wrong)
            {
                return wrong;
            }
        }

        return orders.Count > 5 ? ExperimentRefusals.BadFilter("order_by", "There are at most five keys to order by.") : orders;
    }

    private Result<List<FilterCondition>> Conditions()
    {
        var conditions = new List<FilterCondition>();
        while (Now.Kind != FilterTokenKind.End)
        {
            if (conditions.Count > 0)
            {
                if (!Now.Is("and"))
                {
                    return Wrong(Now.Is("or") ? "conditions are joined by AND only; ask twice for OR" : "AND or the end is expected");
                }

                at++;
            }

            var condition = Condition();
            if (condition.Refusal is { } refusal)
            {
                return refusal;
            }

            conditions.Add(condition.Value);
        }

        return conditions.Count > MostConditions ? ExperimentRefusals.BadFilter(field, $"A filter has at most {MostConditions} conditions.") : conditions;
    }

    private Refusal? Orders(List<FilterOrder> orders)
    {
        while (true)
        {
            var subject = Subject();
            if (subject.Refusal is { } refusal)
            {
                return refusal;
            }

            var descending = Now.Is("desc");
            if (descending || Now.Is("asc"))
            {
                at++;
            }

            orders.Add(new FilterOrder(subject.Value, descending));
            if (Now.Kind == FilterTokenKind.End)
            {
                return null;
            }

            if (Now.Kind != FilterTokenKind.Comma)
            {
                return Wrong("ASC, DESC, a comma or the end is expected");
            }

            at++;
        }
    }

    private Result<FilterCondition> Condition()
    {
        var subject = Subject();
        if (subject.Refusal is { } refusal)
        {
            return refusal;
        }

        var start = at;
        if (Comparison() is not { } comparison)
        {
            return Wrong("one of = != < <= > >= LIKE ILIKE IN is expected");
        }

        var isNumber = subject.Value is { Entity: FilterEntity.Metric } or { Attribute: RunAttribute.StartTime or RunAttribute.EndTime };
        if (isNumber && comparison >= FilterComparison.Like)
        {
            return WrongAt(start, "numbers are compared by = != < <= > >=");
        }

        if (!isNumber && comparison is FilterComparison.Less or FilterComparison.LessOrEqual or FilterComparison.Greater or FilterComparison.GreaterOrEqual)
        {
            return WrongAt(start, "texts are compared by = != LIKE ILIKE, attributes also by IN");
        }

        if (comparison is FilterComparison.In or FilterComparison.NotIn)
        {
            return subject.Value.Entity != FilterEntity.Attribute
                ? WrongAt(start, "IN is for attributes only; compare by = or LIKE")
                : List(subject.Value, comparison);
        }

        return isNumber ? NumberValue(subject.Value, comparison) : TextValue(subject.Value, comparison);
    }

    private Result<FilterSubject> Subject()
    {
        var first = Now;
        if (first.Kind is not (FilterTokenKind.Word or FilterTokenKind.QuotedName or FilterTokenKind.DoubleQuoted))
        {
            return Wrong("metrics.NAME, params.NAME, tags.NAME or an attribute such as status is expected");
        }

        at++;
        if (Now.Kind != FilterTokenKind.Dot)
        {
            return Attribute(first);
        }

        FilterEntity? entity = first.Text.ToUpperInvariant() switch
        {
            "METRICS" or "METRIC" => FilterEntity.Metric,
            "PARAMS" or "PARAM" or "PARAMETERS" or "PARAMETER" => FilterEntity.Parameter,
            "TAGS" or "TAG" => FilterEntity.Tag,
            "ATTRIBUTES" or "ATTRIBUTE" or "ATTR" or "RUN" => FilterEntity.Attribute,
            _ => null,
        };
        if (entity is null)
        {
            return FilterLexer.Wrong(field, first.At - 1, $"{first.Text} is none of metrics, params, tags, attributes");
        }

        at++;
        var name = Now;
        if (name.Kind is not (FilterTokenKind.Word or FilterTokenKind.QuotedName or FilterTokenKind.DoubleQuoted) || name.Text.Length == 0)
        {
            return Wrong("a name is expected; put unusual ones into back-ticks");
        }

        at++;
        return entity == FilterEntity.Attribute ? Attribute(name) : new FilterSubject(entity.Value, name.Text, null);
    }

    private Result<FilterSubject> Attribute(FilterToken name)
    {
        RunAttribute? attribute = name.Text.Replace(' ', '_').ToUpperInvariant() switch
        {
            "RUN_ID" or "ID" => RunAttribute.RunId,
            "RUN_NAME" or "NAME" => RunAttribute.RunName,
            "STATUS" => RunAttribute.Status,
            "USER_ID" or "USER" => RunAttribute.UserId,
            "START_TIME" or "CREATED" or "STARTED_AT" => RunAttribute.StartTime,
            "END_TIME" or "ENDED_AT" => RunAttribute.EndTime,
            "PARENT_RUN_ID" => RunAttribute.ParentRunId,
            _ => null,
        };
        return attribute is null
            ? FilterLexer.Wrong(field, name.At - 1, $"{name.Text} is no attribute; there are run_id, run_name, status, user_id, start_time, end_time, parent_run_id")
            : new FilterSubject(FilterEntity.Attribute, "", attribute);
    }

    private FilterComparison? Comparison()
    {
        var token = Now;
        if (token.Is("not") && tokens[at + 1].Is("in"))
        {
            at += 2;
            return FilterComparison.NotIn;
        }

        FilterComparison? comparison = token.Kind switch
        {
            FilterTokenKind.Comparison => token.Text switch
            {
                "=" => FilterComparison.Equal, "!=" => FilterComparison.NotEqual, "<" => FilterComparison.Less, "<=" => FilterComparison.LessOrEqual,
                ">" => FilterComparison.Greater, _ => FilterComparison.GreaterOrEqual,
            },
            _ when token.Is("like") => FilterComparison.Like,
            _ when token.Is("ilike") => FilterComparison.ILike,
            _ when token.Is("in") => FilterComparison.In,
            _ => null,
        };
        at += comparison is null ? 0 : 1;
        return comparison;
    }

    private Result<FilterCondition> NumberValue(FilterSubject subject, FilterComparison comparison)
    {
        var token = Now;
        at++;
        if (subject.Entity == FilterEntity.Metric)
        {
            return token.Kind == FilterTokenKind.Number && double.TryParse(token.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)
                ? new FilterCondition(subject, comparison, MetricValue.Encode(value), [])
                : FilterLexer.Wrong(field, token.At - 1, "a number is expected");
        }

        if (token.Kind == FilterTokenKind.Number && long.TryParse(token.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var milliseconds)
            && milliseconds is >= -62_135_596_800_000 and < 253_402_300_800_000)   // the years 1 to 9999
        {
            return new FilterCondition(subject, comparison, milliseconds, []);
        }

        return token.Kind is FilterTokenKind.Text or FilterTokenKind.DoubleQuoted
            && DateTimeOffset.TryParse(token.Text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? new FilterCondition(subject, comparison, time.ToUnixTimeMilliseconds(), [])
            : FilterLexer.Wrong(field, token.At - 1, "a time is expected: milliseconds since 1970, or '2026-03-01T12:00:00Z'");
    }

    private Result<FilterCondition> TextValue(FilterSubject subject, FilterComparison comparison)
    {
        var text = Text(subject, exact: comparison is FilterComparison.Equal or FilterComparison.NotEqual);
        return text.Refusal is { } refusal ? refusal : new FilterCondition(subject, comparison, 0, [text.Value]);
    }

    private Result<FilterCondition> List(FilterSubject subject, FilterComparison comparison)
    {
        if (Now.Kind != FilterTokenKind.Open)
        {
            return Wrong("( is expected: IN ('a', 'b')");
        }

        var texts = new List<string>();
        do
        {
            at++;
            var text = Text(subject, exact: true);
            if (text.Refusal is { } refusal)
            {
                return refusal;
            }

            texts.Add(text.Value);
        }
        while (Now.Kind == FilterTokenKind.Comma);

        if (Now.Kind != FilterTokenKind.Close)
        {
            return Wrong("a comma or ) is expected");
        }

        at++;
        return texts.Count > MostInList ? Wrong($"a list has at most {MostInList} values") : new FilterCondition(subject, comparison, 0, texts);
    }

    private Result<string> Text(FilterSubject subject, bool exact)
    {
        var token = Now;
        if (token.Kind is not (FilterTokenKind.Text or FilterTokenKind.DoubleQuoted))
        {
            return Wrong("a text in single quotes is expected");
        }

        if (token.Text.Contains('\0', StringComparison.Ordinal))
        {
            return Wrong("a text holds no U+0000");
        }

        at++;
        if (subject.Attribute != RunAttribute.Status || !exact)
        {
            return token.Text;
        }

        return RunStatuses.Parse(token.Text) is { } status
            ? status.ToString()
            : FilterLexer.Wrong(field, token.At - 1, "a status is Running, Completed, Failed or Killed");
    }

    private Refusal Wrong(string what) => FilterLexer.Wrong(field, Now.At - 1, what);

    private Refusal WrongAt(int token, string what) => FilterLexer.Wrong(field, tokens[token].At - 1, what);
}
