using System.Data.Common;
using System.Globalization;
using System.Text;
using Slipway.Server.Platform;

namespace Slipway.Server.Experiments.Search;

/// <summary>
/// A search as SQL for both databases. Each condition on what runs log is a set of run numbers read from one stretch of an index on (experiment, key, run,
/// value); an order joins the same stretch. Values from outside are parameters; numbers of experiments and keys, which are ours, are written out.
/// </summary>
/// <remarks>Texts compare byte by byte on both: LIKE with case is GLOB on SQLite, whose LIKE knows ASCII case only; ILIKE compares what was folded when it was stored.</remarks>
internal sealed class SearchSql(bool isSqlite, IReadOnlyList<long> experiments, IReadOnlyDictionary<string, long> keys)
{
    private readonly StringBuilder joins = new();
    private readonly StringBuilder where = new();
    private readonly List<object> values = [];
    private readonly List<Column> columns = [];

    internal enum ColumnKind
    {
        Number,
        Text,
        Instant,
    }

    /// <summary>One expression to order by; never NULL.</summary>
    private sealed record Column(string Expression, bool Descending, ColumnKind Kind);

    /// <param name="deleted">Null: both.</param>
    public void Runs(bool? deleted)
    {
        where.Append(CultureInfo.InvariantCulture, $"r.experiment_id IN ({string.Join(',', experiments)})");
        where.Append(deleted switch { null => "", true => " AND r.deleted_at IS NOT NULL", false => " AND r.deleted_at IS NULL" });
    }

    public void Condition(FilterCondition condition)
    {
        var (entity, name, _) = condition.Subject;
        if (entity == FilterEntity.Attribute)
        {
            where.Append(" AND ").Append(Attribute(condition));
            return;
        }

        if (!keys.TryGetValue(name, out var key))
        {
            where.Append(" AND 1 = 0");   // nobody ever logged such a thing
            return;
        }

        var table = entity switch { FilterEntity.Metric => "run_metrics", FilterEntity.Parameter => "run_parameters", _ => "run_tags" };
        var holds = entity == FilterEntity.Metric ? Number("\"value\"", condition) : LoggedTextIs(condition);
        where.Append(
            CultureInfo.InvariantCulture, $" AND r.number IN (SELECT run_number FROM {table} WHERE experiment_id IN ({string.Join(',', experiments)}) AND key_id = {key} AND {holds})");
    }

    public void Order(FilterOrder order)
    {
        var (entity, name, attribute) = order.Subject;
        if (entity == FilterEntity.Attribute)
        {
            OrderBy(attribute!.Value, order.Descending);
            return;
        }

        if (!keys.TryGetValue(name, out var key))
        {
            return;   // nobody has it: all are alike
        }

        var (table, column) = entity switch
        {
            FilterEntity.Metric => ("run_metrics", "\"value\""), FilterEntity.Parameter => ("run_parameters", "value_start"), _ => ("run_tags", "value_start"),
        };
        var o = $"o{columns.Count}";
        joins.Append(CultureInfo.InvariantCulture, $" LEFT JOIN {table} {o} ON {o}.experiment_id = r.experiment_id AND {o}.key_id = {key} AND {o}.run_number = r.number");
        var isMissing = entity == FilterEntity.Metric ? $"({o}.\"value\" IS NULL OR {o}.\"value\" = {Long(MetricValue.NaN)})" : $"{o}.value_start IS NULL";
        columns.Add(new Column($"CASE WHEN {isMissing} THEN 1 ELSE 0 END", false, ColumnKind.Number));   // without a number they come last, either way
        columns.Add(entity == FilterEntity.Metric
            ? new Column($"COALESCE({o}.{column}, 0)", order.Descending, ColumnKind.Number)
            : new Column(Ordinal($"COALESCE({o}.{column}, '')"), order.Descending, ColumnKind.Text));
    }

    /// <summary>What makes any order whole: the latest first.</summary>
    public void FinishOrder()
    {
        columns.Add(new Column("r.started_at", true, ColumnKind.Instant));
        columns.Add(new Column("r.number", true, ColumnKind.Number));
    }

    /// <summary>Only what comes after a run: each column that is equal leaves the decision to the next.</summary>
    /// <returns>False: the place is not one of this order.</returns>
    public bool After(IReadOnlyList<string> place)
    {
        if (place.Count != columns.Count)
        {
            return false;
        }

        var parameters = new List<string>();
        for (var i = 0; i < columns.Count; i++)
        {
            if (columns[i].Kind == ColumnKind.Text)
            {
                parameters.Add(Value(place[i]));
            }
            else if (long.TryParse(place[i], CultureInfo.InvariantCulture, out var number))
            {
                parameters.Add(columns[i].Kind == ColumnKind.Number ? Value(number) : Instant(number));
            }
            else
            {
                return false;
            }
        }

        var choices = columns.Select((c, i) =>
            $"({string.Join(" AND ", columns.Take(i).Select((e, j) => $"{e.Expression} = {parameters[j]}").Append($"{c.Expression} {(c.Descending ? '<' : '>')} {parameters[i]}"))})");
        where.Append(" AND (").AppendJoin(" OR ", choices).Append(')');
        return true;
    }

    /// <summary>Fills a command that answers the numbers of runs and, behind each, its place in the order.</summary>
    public void Write(DbCommand command, int limit)
    {
        var selected = string.Concat(columns.Select(c => $", {c.Expression}"));
        var order = string.Join(", ", columns.Select(c => $"{c.Expression} {(c.Descending ? "DESC" : "ASC")}"));
        command.CommandText = string.Create(CultureInfo.InvariantCulture, $"SELECT r.number{selected} FROM runs r{joins} WHERE {where} ORDER BY {order} LIMIT {limit}");
        for (var i = 0; i < values.Count; i++)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = ($"@p{i}", values[i]);
            command.Parameters.Add(parameter);
        }
    }

    /// <summary>The place of a row, for <see cref="After"/>.</summary>
    public IReadOnlyList<string> PlaceOf(DbDataReader row) => [.. columns.Select((c, i) => c.Kind switch
    {
        ColumnKind.Text => row.GetString(i + 1),
        ColumnKind.Number => Long(row.GetInt64(i + 1)),
        _ => Long(isSqlite ? new DateTimeOffset(row.GetInt64(i + 1), TimeSpan.Zero).ToUnixTimeMilliseconds() : row.GetFieldValue<DateTimeOffset>(i + 1).ToUnixTimeMilliseconds()),
    })];

    private string Attribute(FilterCondition condition) => condition.Subject.Attribute switch
    {
        RunAttribute.StartTime => $"r.started_at {Operator(condition.Comparison)} {Instant(condition.Number)}",
        RunAttribute.EndTime => $"r.ended_at {Operator(condition.Comparison)} {Instant(condition.Number)}",
        RunAttribute.RunId => TextIs("r.id", "r.id", condition),
        RunAttribute.RunName => TextIs("r.name", "COALESCE(r.folded_name, r.name)", condition),
        RunAttribute.Status => TextIs("r.status", "lower(r.status)", condition),
        RunAttribute.UserId => TextIs("r.\"user\"", "r.\"user\"", condition),
        _ => $"r.parent_number IN (SELECT p.number FROM runs p WHERE {TextIs("p.id", "p.id", condition)})",
    };

    private string Number(string column, FilterCondition condition) => condition.Comparison is FilterComparison.Less or FilterComparison.LessOrEqual
        ? $"{column} {Operator(condition.Comparison)} {Long(condition.Number)} AND {column} > {Long(MetricValue.NaN)}"
        : $"{column} {Operator(condition.Comparison)} {Long(condition.Number)}";

    // The index holds the start of a text; a text that fits there is decided by it alone.
    private string LoggedTextIs(FilterCondition condition)
    {
        var start = LoggedText.StartOf(condition.Texts[0]);
        var fits = start.Length < LoggedText.StartLength - 1;
        return condition.Comparison switch
        {
            FilterComparison.Equal => fits ? $"value_start = {Value(start)}" : $"value_start = {Value(start)} AND \"value\" = {Value(condition.Texts[0])}",
            FilterComparison.NotEqual => fits ? $"value_start <> {Value(start)}" : $"\"value\" <> {Value(condition.Texts[0])}",
            _ => TextIs("\"value\"", "COALESCE(folded, \"value\")", condition),
        };
    }

    private string TextIs(string column, string folded, FilterCondition condition) => condition.Comparison switch
    {
        FilterComparison.Equal => $"{column} = {Value(condition.Texts[0])}",
        FilterComparison.NotEqual => $"{column} <> {Value(condition.Texts[0])}",
        FilterComparison.In => $"{column} IN ({string.Join(", ", condition.Texts.Select(Value))})",
        FilterComparison.NotIn => $"{column} NOT IN ({string.Join(", ", condition.Texts.Select(Value))})",
        FilterComparison.Like => Like(column, condition.Texts[0]),
        _ => Like(folded, SearchText.Fold(condition.Texts[0])),
    };

    private string Like(string column, string pattern) => isSqlite ? $"{column} GLOB {Value(Glob(pattern))}" : $"{column} LIKE {Value(pattern)} ESCAPE ''";

    /// <summary>% and _ as GLOB writes them; what GLOB would read as its own is put into brackets.</summary>
    private static string Glob(string pattern) => string.Concat(pattern.Select(c => c switch
    {
        '%' => "*", '_' => "?", '*' => "[*]", '?' => "[?]", '[' => "[[]", _ => c.ToString(),
    }));

    private void OrderBy(RunAttribute attribute, bool descending)
    {
        switch (attribute)
        {
            case RunAttribute.StartTime:
                columns.Add(new Column("r.started_at", descending, ColumnKind.Instant));
                break;
            case RunAttribute.EndTime:
                columns.Add(new Column("CASE WHEN r.ended_at IS NULL THEN 1 ELSE 0 END", false, ColumnKind.Number));
                columns.Add(new Column("COALESCE(r.ended_at, r.started_at)", descending, ColumnKind.Instant));
                break;
            case RunAttribute.ParentRunId:
                columns.Add(new Column("COALESCE(r.parent_number, 0)", descending, ColumnKind.Number));
                break;
            case RunAttribute.RunName:
                columns.Add(new Column("CASE WHEN r.name IS NULL THEN 1 ELSE 0 END", false, ColumnKind.Number));
                columns.Add(new Column(Ordinal("COALESCE(r.name, '')"), descending, ColumnKind.Text));
                break;
            default:
                columns.Add(new Column(Ordinal(attribute switch { RunAttribute.RunId => "r.id", RunAttribute.Status => "r.status", _ => "r.\"user\"" }), descending, ColumnKind.Text));
                break;
        }
    }

    private string Ordinal(string expression) => isSqlite ? $"{expression} COLLATE BINARY" : $"{expression} COLLATE \"C\"";

    private string Value(object value)
    {
        values.Add(value);
        return $"@p{values.Count - 1}";
    }

    private string Instant(long milliseconds)
    {
        var at = DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
        return Value(isSqlite ? at.UtcTicks : at);
    }

    private static string Long(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Operator(FilterComparison comparison) => comparison switch
    {
        FilterComparison.Equal => "=", FilterComparison.NotEqual => "<>", FilterComparison.Less => "<", FilterComparison.LessOrEqual => "<=", FilterComparison.Greater => ">",
        _ => ">=",
    };
}
