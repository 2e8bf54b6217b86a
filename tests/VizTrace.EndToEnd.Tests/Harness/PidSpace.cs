using System.Globalization;

namespace VizTrace.EndToEnd.Tests.Harness;

/// <summary>A space of process ids of a test's own, so small that ids come back.</summary>
internal static class PidSpace
{
    private const string MaxFile = "/proc/sys/kernel/pid_max";

    /// <summary>The limit is one per space from this kernel on; before, whoever writes it writes the whole machine's.</summary>
    private static readonly Version s_ownLimit = new(6, 14);

    private static readonly Lazy<string?> s_whyNotSmall = new(Probe);

    /// <summary>Null when a command can be given a small space without touching the machine's, else why not.</summary>
    public static string? WhyNotSmall() => s_whyNotSmall.Value;

    /// <summary>Process ids of the space that this test runs in.</summary>
    public static int OuterMax() => int.Parse(File.ReadAllText(MaxFile), CultureInfo.InvariantCulture);

    /// <summary>Runs a command with <paramref name="max"/> process ids; nothing of it outlives it.</summary>
    public static CommandResult Run(int max, string[] command, string folder)
    {
        string[] space = ["--pid", "--fork", "--kill-child", "--mount-proc"];
        return ChildProcess.Run(
            "unshare",
            [.. Environment.IsPrivilegedProcess ? [] : (string[])["-r"], .. space, "sh", "-c", $"echo {max} > {MaxFile} && exec \"$@\"", "sh", .. command],
            folder);
    }

    /// <summary>Tries it with a limit that would do no harm if it were the machine's after all.</summary>
    private static string? Probe()
    {
        Version kernel = Environment.OSVersion.Version;
        if (kernel < s_ownLimit)
            return $"Linux {kernel.ToString(2)}: the limit is the whole machine's";
        int before = OuterMax();
        CommandResult tried = Run(before - 1, ["cat", MaxFile], Path.GetTempPath());
        if (OuterMax() != before)
        {
            File.WriteAllText(MaxFile, before.ToString(CultureInfo.InvariantCulture));
            return "the limit is the whole machine's";
        }

        return tried.ExitCode != 0 ? $"unshare needs root or user namespaces: {tried.Error.Trim()}"
            : tried.Output.Trim() != $"{before - 1}" ? $"the limit did not change: {tried.Output.Trim()}" : null;
    }
}
