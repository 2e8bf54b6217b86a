using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using VizTrace.Recorder.Interop;
using VizTrace.Recorder.Threads;
using VizTrace.Records;

namespace VizTrace.Recorder.Pool;

/// <summary>
/// Pools in memory that nobody can reach any more. A capture that was moved looks the same from here (its link is not where it was), so a
/// pool counts as an orphan only when nothing was written to it for days. Anyone may put anything into /dev/shm: only regular files of ours
/// are opened, and never so that the opening waits.
/// </summary>
internal static class OrphanedPools
{
    private const long LeastAgeSeconds = 7 * 24 * 60 * 60;

    /// <summary>
    /// Whether <paramref name="pool"/> is a pool of ours, of mount namespace <paramref name="space"/>, whose process is dead, to which no link
    /// leads from where it was made, and that was last written more than 7 days before <paramref name="nowSeconds"/> (since 1970).
    /// </summary>
    public static bool IsOrphan(string pool, string space, long nowSeconds)
    {
        if (Libc.FileState(Libc.WorkingDirectory, pool, Libc.NoFollowState, Libc.BasicState, out Libc.FileStateOfFile state) != 0
            || (state.Mode & Libc.FileTypeMask) != Libc.RegularFile
            || state.Owner != Libc.EffectiveUser()
            || nowSeconds - state.WrittenSeconds <= LeastAgeSeconds)
        {
            return false;
        }

        return ReadOwner(pool) is [string madeIn, string link] && madeIn == space && new FileInfo(link).LinkTarget != pool && IsDead(link);
    }

    /// <summary>Namespace and link that the pool's head names; null when it is no pool.</summary>
    private static string[]? ReadOwner(string pool)
    {
        using var handle = new SafeFileHandle(Libc.Open(pool, Libc.ReadOnly | Libc.NoFollow | Libc.NonBlocking | Libc.CloseOnExec, 0), ownsHandle: true);
        byte[] page = new byte[PoolLayout.PageBytes];
        if (handle.IsInvalid || RandomAccess.Read(handle, page, 0) < page.Length || MemoryMarshal.Read<ulong>(page) != PoolLayout.Magic)
            return null;
        ReadOnlySpan<byte> owner = page.AsSpan(PoolLayout.OwnerOffset);
        int end = owner.IndexOf((byte)0);
        return Encoding.UTF8.GetString(owner[..Math.Max(0, end)]).Split('\n', 2);
    }

    /// <summary>By the name of the process's directory, p[pid]-[start].</summary>
    private static bool IsDead(string link)
    {
        string process = Path.GetFileName(Path.GetDirectoryName(link) ?? "");
        string[] parts = process.TrimStart(CaptureLayout.ProcessDirectoryPrefix[0]).Split('-');
        return parts.Length == 2
            && int.TryParse(parts[0], System.Globalization.CultureInfo.InvariantCulture, out int pid)
            && ulong.TryParse(parts[1], System.Globalization.CultureInfo.InvariantCulture, out ulong start)
            && !(ProcessStat.TryReadStart(pid, out ulong running) && running == start);
    }
}
