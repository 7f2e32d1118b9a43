namespace Slipway.Server.Identity;

/// <summary>Every named thing belongs to a project. There is one so far.</summary>
internal static class Project
{
    public static readonly Guid Default = new("01900000-0000-7000-8000-000000000001");
}
