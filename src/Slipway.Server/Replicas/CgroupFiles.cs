namespace Slipway.Server.Replicas;

/// <summary>The files of control groups: the kernel's, whose answers are its rules. Tests have a kernel of their own.</summary>
internal class CgroupFiles
{
    public static CgroupFiles Kernel { get; } = new();

    public virtual bool Exists(string file) => File.Exists(file);

    /// <exception cref="IOException">The group or its controller is not there.</exception>
    public virtual string Read(string file) => File.ReadAllText(file);

    /// <exception cref="IOException">The kernel refuses.</exception>
    public virtual void Write(string file, string text) => File.WriteAllText(file, text);

    public virtual void Make(string group) => Directory.CreateDirectory(group);

    public virtual void Remove(string group)
    {
        try
        {
            Directory.Delete(group);   // rmdir: the files in it are the kernel's
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Not there, or a process of it has not quite gone.
        }
    }
}
