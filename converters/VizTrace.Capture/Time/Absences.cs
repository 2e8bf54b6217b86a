using VizTrace.Records;

namespace VizTrace.Capture;

/// <summary>
/// When nobody drained a process's pool (the job was stopped, the machine slept). A record keeps 40 bits of its time, so one that was written
/// after such a silence is first taken to be one or more rounds of 2^40 ticks too early, within it. Not thread-safe.
/// </summary>
internal sealed class Absences
{
    private const ulong Round = Record.TimeMask + 1;

    /// <summary>Program and recorder may come back so far apart: 0.9 s at 2.5 GHz.</summary>
    private const ulong Slack = 1UL << 31;

    private readonly List<(ulong From, ulong To, ulong Done)> _absences;

    private Absences(List<(ulong From, ulong To, ulong Done)> absences) => _absences = absences;

    /// <summary>Those of a ledger; null when there are none.</summary>
    public static Absences? Of(Ledger ledger) => ledger.Absences.Count == 0 ? null : new Absences([.. ledger.Absences]);

    /// <summary>
    /// A chunk was begun at <paramref name="ticks"/>, all 64 bits. Inside an absence it shows that only the recorder was stopped: the times
    /// there are what they seem.
    /// </summary>
    public void Begun(ulong ticks) => _absences.RemoveAll(a => ticks > a.From + Slack && ticks < Resumed(a.To));

    /// <summary>
    /// Moves times of one piece, in order, behind the absence into which they fall: from the first on which then lies where everything was
    /// resumed, if the piece's last lies there too; for a piece that reaches across an absence was drained at its end.
    /// </summary>
    public void Correct(Span<ulong> ticks)
    {
        foreach ((ulong from, ulong to, ulong done) in _absences)
        {
            ulong resumed = Resumed(to), latest = done + Slack;
            if (ticks.Length == 0 || ticks[^1] <= from || ticks[0] >= resumed)
                continue;
            for (int i = 0; i < ticks.Length && ticks[i] < resumed; i++)
            {
                ulong shift = (resumed - ticks[i] + Round - 1) / Round * Round;
                if (ticks[i] <= from || ticks[i] + shift > latest || ticks[^1] + shift > latest)
                    continue;
                foreach (ref ulong late in ticks[i..])
                    late += shift;
                break;
            }
        }
    }

    private static ulong Resumed(ulong to) => to - Math.Min(to, Slack);
}
