using Slipway.Server.Platform;

namespace Slipway.Server.Deployments.Following;

/// <summary>Every way in which following says no.</summary>
internal static class FollowRefusals
{
    public static Refusal Nothing(Deployment deployment) => Refusal.Conflict("follows_nothing", $"{deployment.Path} was not chosen by an alias or a stage; set one first.");

    public static Refusal Unresolved(string reference) => Refusal.Conflict("reference_unresolved", $"{reference} names no version now; point it at one first.");

    public const string BadReference = "A reference is model@alias or model/Stage, such as iris@champion or iris/Production.";

    public static string NamesNothing(string reference) => $"{reference} names no version; point it at one first.";

    public static string OtherModel(string reference, string model) => $"{reference} is of another model than the deployment runs ({model}).";

    public const string BadOnMove = "on_move is wait or supersede.";

    public const string NothingToFollow = "Only an alias or a stage can be followed: give the version as @alias or /Stage.";
}
