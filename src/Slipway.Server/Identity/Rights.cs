namespace Slipway.Server.Identity;

/// <summary>How far a role has a right.</summary>
internal enum Grant
{
    No,

    /// <summary>Only on what the user owns; the operation checks it by <see cref="Authorize.OwnOr"/>.</summary>
    Own,

    /// <summary>Only where the user was named as a reviewer; the approval checks it.</summary>
    Designated,
    Yes,
}

/// <summary>The table of rights: the only place that says who may do what. docs/rights.md shows it and a test compares the two.</summary>
internal static class Rights
{
    private static readonly Dictionary<Right, Grant[]> Table = new()
    {
        //                               Viewer            Analyst           Manager           Administrator
        [Right.Read] = /*            */ [Grant.Yes, /*  */ Grant.Yes, /*  */ Grant.Yes, /*  */ Grant.Yes],
        [Right.Predict] = /*         */ [Grant.Yes, /*  */ Grant.Yes, /*  */ Grant.Yes, /*  */ Grant.Yes],
        [Right.ReadBodies] = /*      */ [Grant.No, /*   */ Grant.Own, /*  */ Grant.Yes, /*  */ Grant.Yes],
        [Right.WriteRegistry] = /*   */ [Grant.No, /*   */ Grant.Yes, /*  */ Grant.Yes, /*  */ Grant.Yes],
        [Right.DeployToDevelopment] =   [Grant.No, /*   */ Grant.Yes, /*  */ Grant.Yes, /*  */ Grant.Yes],
        [Right.OperateSchedules] = /**/ [Grant.No, /*   */ Grant.Own, /*  */ Grant.Yes, /*  */ Grant.Yes],
        [Right.Reject] = /*          */ [Grant.No, /*   */ Grant.No, /*   */ Grant.Yes, /*  */ Grant.Yes],
        [Right.OperateStaging] = /*  */ [Grant.No, /*   */ Grant.Own, /*  */ Grant.Yes, /*  */ Grant.Yes],
        [Right.OperateProduction] =     [Grant.No, /*   */ Grant.No, /*   */ Grant.Yes, /*  */ Grant.Yes],
        [Right.Delete] = /*          */ [Grant.No, /*   */ Grant.Own, /*  */ Grant.Yes, /*  */ Grant.Yes],
        [Right.DecideApprovals] = /* */ [Grant.Designated, Grant.Designated, Grant.Designated, Grant.Designated],
        [Right.DeployToProduction] =    [Grant.No, /*   */ Grant.No, /*   */ Grant.No, /*   */ Grant.Yes],
        [Right.ManageSecrets] = /*   */ [Grant.No, /*   */ Grant.No, /*   */ Grant.Yes, /*  */ Grant.Yes],
        [Right.Administer] = /*      */ [Grant.No, /*   */ Grant.No, /*   */ Grant.No, /*   */ Grant.Yes],
        [Right.SignedIn] = /*        */ [Grant.Yes, /*  */ Grant.Yes, /*  */ Grant.Yes, /*  */ Grant.Yes],
        [Right.ManageAccount] = /*   */ [Grant.Yes, /*  */ Grant.Yes, /*  */ Grant.Yes, /*  */ Grant.Yes],
    };

    public static Grant Of(Role role, Right right) => Table[right][(int)role];

    /// <summary>The rights that a role has at all, be it only on its own things.</summary>
    public static IEnumerable<Right> Of(Role role) => Table.Where(row => row.Value[(int)role] != Grant.No).Select(row => row.Key);

    /// <summary>Whether a key's scopes leave a right to it. No scopes: all rights of its user.</summary>
    public static bool ScopesAllow(IReadOnlyList<string> scopes, Right right) =>
        scopes.Count == 0 || right == Right.SignedIn || scopes.Any(scope => KeyScope.Allows(scope, right));

    /// <summary>The name of a right in answers and in docs/rights.md: snake_case.</summary>
    public static string WireName(this Right right) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(right.ToString());
}

/// <summary>What a key may be restricted to.</summary>
internal static class KeyScope
{
    /// <summary>Calls predictions, nothing else.</summary>
    public const string Predict = "predict";

    /// <summary>Reads, recorded bodies included where the role has them.</summary>
    public const string Read = "read";

    /// <summary>
    /// Reads and changes: all but calling predictions, deciding approvals and administering. A program does not stand in for a reviewer, and does not take away the rule that names one.
    /// </summary>
    public const string Write = "write";

    /// <summary>What a training job needs: reads, and writes experiments, runs, models and versions. No deployment, no decision, no key.</summary>
    public const string Train = "train";

    public static bool Exists(string scope) => scope is Predict or Read or Write or Train;

    public static bool Allows(string scope, Right right) => scope switch
    {
        Predict => right == Right.Predict,
        Read => right is Right.Read or Right.ReadBodies,
        Write => right is not (Right.Predict or Right.DecideApprovals or Right.Administer),
        Train => right is Right.Read or Right.WriteRegistry,
        _ => false,
    };
}
