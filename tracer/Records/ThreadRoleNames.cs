namespace VizTrace.Records;

/// <summary>What a thread is for; the numbers are those of the model's roles.</summary>
internal enum ThreadRoleName
{
    /// <summary>Not known.</summary>
    Unknown,

    /// <summary>The process's first thread.</summary>
    Main,

    /// <summary>Made by the program.</summary>
    User,

    /// <summary>Thread-pool worker.</summary>
    Pool,

    /// <summary>Thread-pool gate: watches starvation.</summary>
    PoolGate,

    /// <summary>I/O completion or poller.</summary>
    Io,

    /// <summary>Runs finalizers.</summary>
    Finalizer,

    /// <summary>Server or background garbage collection.</summary>
    Gc,

    /// <summary>Timer queue.</summary>
    Timer,

    /// <summary>Compiles hot methods again.</summary>
    Tiering,

    /// <summary>Handles signals.</summary>
    Signal,

    /// <summary>Debugger, diagnostics server, event pipe.</summary>
    Diagnostics,

    /// <summary>A native thread of the program or a library.</summary>
    Native,
}

/// <summary>Roles of threads, from the names that the .NET runtime gives its own. Allocates nothing but where it parses.</summary>
internal static class ThreadRoleNames
{
    /// <summary>Beginnings of names (as in .NET 10), at most the 15 characters that Linux keeps.</summary>
    private static readonly (string Name, ThreadRoleName Role)[] s_names =
    [
        (".NET TP Gate", ThreadRoleName.PoolGate),
        (".NET TP Work", ThreadRoleName.Pool),
        (".NET TP Wait", ThreadRoleName.Pool),
        (".NET ThreadPool", ThreadRoleName.Pool),
        (".NET Finalizer", ThreadRoleName.Finalizer),
        (".NET Server GC", ThreadRoleName.Gc),
        (".NET BGC", ThreadRoleName.Gc),
        (".NET Timer", ThreadRoleName.Timer),
        (".NET Network Ti", ThreadRoleName.Timer),
        (".NET Tiered Com", ThreadRoleName.Tiering),
        (".NET SigHandler", ThreadRoleName.Signal),
        (".NET Signal Han", ThreadRoleName.Signal),
        (".NET Sockets", ThreadRoleName.Io),
        (".NET File Watch", ThreadRoleName.Io),
        (".NET Debug", ThreadRoleName.Diagnostics),
        (".NET EventPipe", ThreadRoleName.Diagnostics),
        (".NET Counter Po", ThreadRoleName.Diagnostics),
        ("dotnet-diagnost", ThreadRoleName.Diagnostics),
    ];

    /// <summary>The roles that a pattern can name, for people.</summary>
    public static string All => string.Join(", ", Enum.GetNames<ThreadRoleName>().Skip(1)).ToLowerInvariant();

    /// <summary>Reads a role's name; case does not matter.</summary>
    public static bool TryParse(string text, out ThreadRoleName role) =>
        Enum.TryParse(text, ignoreCase: true, out role) && role != ThreadRoleName.Unknown && !char.IsAsciiDigit(text[0]);

    /// <summary>The role of a thread.</summary>
    /// <param name="isMain">Its TID is the process id.</param>
    /// <param name="isManaged">The runtime has a Thread for it.</param>
    /// <param name="managedName">Its Thread.Name, or empty.</param>
    /// <param name="osName">Its comm, or empty.</param>
    public static ThreadRoleName Of(bool isMain, bool isManaged, ReadOnlySpan<char> managedName, ReadOnlySpan<char> osName)
    {
        if (isMain)
            return ThreadRoleName.Main;
        if (ByName(managedName) is var named && named != ThreadRoleName.Unknown)
            return named;
        ThreadRoleName byOs = ByName(osName);
        if (!isManaged)
            return byOs != ThreadRoleName.Unknown ? byOs : ThreadRoleName.Native;
        // A new thread inherits the comm of its maker: a program's thread made on a pool worker is called ".NET TP Worker" too. The runtime's
        // own pool, timer and I/O threads have managed names; those without one never make threads of the program.
        return byOs is ThreadRoleName.Finalizer or ThreadRoleName.Gc or ThreadRoleName.Tiering or ThreadRoleName.Signal or ThreadRoleName.Diagnostics
            ? byOs
            : ThreadRoleName.User;
    }

    private static ThreadRoleName ByName(ReadOnlySpan<char> name)
    {
        foreach ((string known, ThreadRoleName role) in s_names)
        {
            if (name.StartsWith(known, StringComparison.Ordinal))
                return role;
        }

        return ThreadRoleName.Unknown;
    }
}
