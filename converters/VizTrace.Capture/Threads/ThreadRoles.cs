using VizTrace.Model;

namespace VizTrace.Capture;

/// <summary>What a thread is for, from the names that the .NET runtime gives its own.</summary>
internal static class ThreadRoles
{
    /// <summary>Beginnings of names (as in .NET 10), at most the 15 characters that Linux keeps.</summary>
    private static readonly (string Name, ThreadRole Role)[] s_names =
    [
        (".NET TP Gate", ThreadRole.PoolGate),
        (".NET TP Work", ThreadRole.Pool),
        (".NET TP Wait", ThreadRole.Pool),
        (".NET ThreadPool", ThreadRole.Pool),
        (".NET Finalizer", ThreadRole.Finalizer),
        (".NET Server GC", ThreadRole.Gc),
        (".NET BGC", ThreadRole.Gc),
        (".NET Timer", ThreadRole.Timer),
        (".NET Network Ti", ThreadRole.Timer),
        (".NET Tiered Com", ThreadRole.Tiering),
        (".NET SigHandler", ThreadRole.Signal),
        (".NET Signal Han", ThreadRole.Signal),
        (".NET Sockets", ThreadRole.Io),
        (".NET File Watch", ThreadRole.Io),
        (".NET Debug", ThreadRole.Diagnostics),
        (".NET EventPipe", ThreadRole.Diagnostics),
        (".NET Counter Po", ThreadRole.Diagnostics),
        ("dotnet-diagnost", ThreadRole.Diagnostics),
    ];

    /// <summary>The role of a thread.</summary>
    /// <param name="isMain">Its TID is the process id.</param>
    /// <param name="isManaged">The runtime has a Thread for it.</param>
    /// <param name="managedName">Its Thread.Name, or null.</param>
    /// <param name="osName">Its comm, or null.</param>
    public static ThreadRole Of(bool isMain, bool isManaged, string? managedName, string? osName)
    {
        if (isMain)
            return ThreadRole.Main;
        if (ByName(managedName) is { } named)
            return named;
        ThreadRole? byOs = ByName(osName);
        if (!isManaged)
            return byOs ?? ThreadRole.Native;
        // A new thread inherits the comm of its maker: a program's thread made on a pool worker is called ".NET TP Worker" too. The runtime's
        // own pool, timer and I/O threads have managed names; those without one never make threads of the program.
        return byOs is ThreadRole.Finalizer or ThreadRole.Gc or ThreadRole.Tiering or ThreadRole.Signal or ThreadRole.Diagnostics
            ? byOs.Value
            : ThreadRole.User;
    }

    private static ThreadRole? ByName(string? name)
    {
        if (name is null)
            return null;
        foreach ((string known, ThreadRole role) in s_names)
        {
            if (name.StartsWith(known, StringComparison.Ordinal))
                return role;
        }

        return null;
    }
}
