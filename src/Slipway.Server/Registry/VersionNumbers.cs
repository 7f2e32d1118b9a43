using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Registry;

/// <summary>
/// The numbers of new versions of some models, for who makes many in one unit: read with one question, counted here, stored with one change for each model. The rule is
/// <see cref="RegisteredModel.NumberAfter"/>.
/// </summary>
internal sealed class VersionNumbers
{
    private readonly Dictionary<string, Counted> models;

    private VersionNumbers(Dictionary<string, Counted> models) => this.models = models;

    public static async Task<VersionNumbers> OfAsync(SlipwayDbContext unit, IEnumerable<string> names, CancellationToken cancellationToken)
    {
        var found = await UnitSql.ListAsync(
            unit,
            $"SELECT name, id, last_number FROM models WHERE project_id = @project AND {UnitSql.AnyOf(unit, "name", "@names")}",
            [("@project", Project.Default), ("@names", names.Distinct(StringComparer.Ordinal).ToArray())],
            row => (Name: row.GetString(0), Counted: new Counted(row.GetGuid(1), row.GetInt32(2))),
            cancellationToken);
        return new VersionNumbers(found.ToDictionary(m => m.Name, m => m.Counted, StringComparer.Ordinal));
    }

    /// <summary>Whether there is such a model.</summary>
    public bool Knows(string name) => models.ContainsKey(name);

    /// <returns>The model and the number of its next version.</returns>
    public (Guid Model, int Number) Take(string name) => (models[name].Id, models[name].Last = RegisteredModel.NumberAfter(models[name].Last));

    /// <summary>Stores what was taken.</summary>
    public async Task StoreAsync(SlipwayDbContext unit, DateTimeOffset now, CancellationToken cancellationToken)
    {
        foreach (var model in models.Values.Where(m => m.Last > m.First))
        {
            var changed = await UnitSql.ChangeAsync(
                unit,
                "UPDATE models SET last_number = @last, updated_at = @now WHERE id = @id AND last_number = @first",
                [("@last", model.Last), ("@now", now), ("@id", model.Id), ("@first", model.First)],
                cancellationToken);
            if (changed != 1)
            {
                throw new InvalidOperationException("Somebody else has counted a version of the model in this unit's own transaction.");
            }
        }
    }

    private sealed record Counted(Guid Id, int First)
    {
        public int Last { get; set; } = First;
    }
}
