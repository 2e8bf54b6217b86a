using VizTrace.Model;
using VizTrace.Records;

namespace VizTrace.Capture;

/// <summary>What a thread is for, as the model has it; <see cref="ThreadRoleNames"/> knows.</summary>
internal static class ThreadRoles
{
    /// <summary>The role of a thread.</summary>
    /// <param name="isMain">Its TID is the process id.</param>
    /// <param name="isManaged">The runtime has a Thread for it.</param>
    /// <param name="managedName">Its Thread.Name, or null.</param>
    /// <param name="osName">Its comm, or null.</param>
    public static ThreadRole Of(bool isMain, bool isManaged, string? managedName, string? osName) =>
        (ThreadRole)ThreadRoleNames.Of(isMain, isManaged, managedName, osName);
}
