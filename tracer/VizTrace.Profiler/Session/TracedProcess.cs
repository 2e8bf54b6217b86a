using System.Globalization;
using VizTrace.Records;

namespace VizTrace.Profiler.Session;

/// <summary>What this process is: its command line, entry assembly and start, from /proc; and whether it is to be recorded.</summary>
internal sealed class TracedProcess
{
    /// <summary>Options of the <c>dotnet</c> host that take a value and stand before the application's path (hostfxr's known options).</summary>
    private static readonly string[] s_hostOptions =
    [
        "--additionalprobingpath", "--depsfile", "--runtimeconfig", "--fx-version", "--roll-forward", "--additional-deps",
        "--roll-forward-on-no-candidate-fx",
    ];

    private TracedProcess(string executable, string[] arguments, string entry, string startTicks)
    {
        Executable = executable;
        Arguments = arguments;
        Entry = entry;
        StartTicks = startTicks;
    }

    /// <summary>Path of the running executable.</summary>
    public string Executable { get; }

    /// <summary>Command line as the kernel has it, program first.</summary>
    public string[] Arguments { get; }

    /// <summary>Full path of the managed entry assembly; empty for an SDK command (<c>dotnet build</c>) and when it cannot be told.</summary>
    public string Entry { get; }

    /// <summary>Field 22 of /proc/self/stat: start in clock ticks since boot.</summary>
    public string StartTicks { get; }

    /// <summary>Reads /proc/self.</summary>
    public static TracedProcess Current()
    {
        string[] arguments = File.ReadAllText("/proc/self/cmdline").TrimEnd('\0').Split('\0');
        string executable = File.ResolveLinkTarget("/proc/self/exe", returnFinalTarget: false)?.FullName ?? arguments[0];
        string stat = File.ReadAllText("/proc/self/stat");

        // The second field is the name in parentheses and may hold anything; the fields are counted from behind it.
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return new TracedProcess(executable, arguments, FindEntry(executable, arguments), fields[22 - 3]);
    }

    /// <summary>
    /// Null when the process is to be recorded, else why it is passed through. <paramref name="runtimeDirectory"/> is where libcoreclr.so
    /// lies: <c>[root]/shared/Microsoft.NETCore.App/[version]</c>, and the SDKs lie in <c>[root]/sdk</c>. A tool of the SDK is the program
    /// itself when the user names it, and not <paramref name="belowSdk"/>, that is, started by a command of the SDK.
    /// </summary>
    public string? WhyPassedThrough(bool belowSdk, string runtimeDirectory)
    {
        if (IsDotnetHost(Executable) && Entry.Length == 0)
            return "a command of the SDK";
        if (!belowSdk)
            return null;
        string sdk = Path.GetFullPath(Path.Combine(runtimeDirectory, "..", "..", "..", "sdk")) + "/";
        return Entry.StartsWith(sdk, StringComparison.Ordinal) || Executable.StartsWith(sdk, StringComparison.Ordinal)
            ? "a tool of the SDK: " + Path.GetFileName(Entry)
            : null;
    }

    /// <summary>Name of this process's directory in the capture.</summary>
    public string DirectoryName(int pid) =>
        string.Create(CultureInfo.InvariantCulture, $"{CaptureLayout.ProcessDirectoryPrefix}{pid}-{StartTicks}");

    /// <summary>The entry assembly: for the dotnet host the first argument that is an assembly, for an apphost the .dll beside it.</summary>
    internal static string FindEntry(string executable, string[] arguments)
    {
        if (!IsDotnetHost(executable))
        {
            string beside = executable + ".dll";
            return File.Exists(beside) ? beside : executable;
        }

        for (int i = 1; i < arguments.Length; i++)
        {
            string argument = arguments[i];
            if (s_hostOptions.Contains(argument))
            {
                i++;
                continue;
            }

            if (argument == "exec" || argument.StartsWith('-'))
                continue;
            bool assembly = argument.EndsWith(".dll", StringComparison.OrdinalIgnoreCase) || argument.EndsWith(".exe", StringComparison.OrdinalIgnoreCase);
            return assembly && File.Exists(argument) ? Path.GetFullPath(argument) : "";
        }

        return "";
    }

    private static bool IsDotnetHost(string executable) => Path.GetFileName(executable) == "dotnet";
}
