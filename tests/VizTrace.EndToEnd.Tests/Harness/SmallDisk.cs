namespace VizTrace.EndToEnd.Tests.Harness;

/// <summary>File systems of a few kilobytes that only the command sees which they are made for.</summary>
internal static class SmallDisk
{
    private static readonly Lazy<CommandResult> s_tried = new(() => ChildProcess.Run("unshare", [.. Space(), "sh", "-c", Mount("/mnt", "64k")]));

    /// <summary>Runs a command in a folder with a tmpfs over each of the folders named (in it, or absolute), of the size named; more shell may come before the command.</summary>
    public static CommandResult Run(string folder, (string Folder, string Size)[] disks, string[] command, string prepare = "true")
    {
        CommandResult tried = s_tried.Value;
        Assert.True(tried.ExitCode == 0,
            $"this test makes a small file system for itself: it needs root or user namespaces, and the right to mount in them (CAP_SYS_ADMIN)\n{tried}");
        foreach ((string disk, _) in disks)
            Directory.CreateDirectory(Path.Combine(folder, disk));
        string mounts = string.Join(" && ", disks.Select(d => Mount($"'{d.Folder}'", d.Size)));
        return ChildProcess.Run("unshare", [.. Space(), "sh", "-c", $"{mounts} && {prepare} && exec \"$@\"", "sh", .. command], folder);
    }

    private static string[] Space() => Environment.IsPrivilegedProcess ? ["-m"] : ["-rm"];

    private static string Mount(string folder, string size) => $"mount -t tmpfs -o size={size} tmpfs {folder}";
}
