using System.Globalization;
using System.Text;
using VizTrace.Model.Events;

namespace VizTrace.ChromeJson.Writing;

/// <summary>
/// The numbers that rows have in a file: 31 bits, and unique among processes and among threads. A true id that does not fit, is not known or
/// is taken is replaced by a free number from 1,000,000,000 on. Not thread-safe.
/// </summary>
internal sealed class RowIds(TrackTable tracks)
{
    private const int FirstSpare = 1_000_000_000;

    private readonly HashSet<int> _usedPids = [];
    private readonly HashSet<int> _usedTids = [];
    private readonly List<WrittenRow?> _rows = [];
    private int _nextSpare = FirstSpare;

    /// <summary>The row as it is written; made when it is first asked for.</summary>
    public WrittenRow Of(int track)
    {
        while (_rows.Count <= track)
            _rows.Add(null);
        return _rows[track] ?? Make(tracks[track]);
    }

    private WrittenRow Make(TrackRow row)
    {
        int pid = 0;
        int tid = 0;
        if (row.Kind == TrackKind.Process)
            pid = Shown(row.Pid, _usedPids, row.SourceText is not null);
        else if (row.Parent >= 0 && tracks.ProcessOf(row.Parent) is { } process)
            pid = Of(process.Id).Pid;
        if (row.Kind == TrackKind.Thread)
            tid = Shown(row.Tid, _usedTids, row.Tid == 0);
        else if (row.Parent >= 0 && tracks.ThreadOf(row.Parent) is { } thread)
            tid = Of(thread.Id).Tid;
        return _rows[row.Id] = new WrittenRow(row, pid, tid);
    }

    private int Shown(long trueId, HashSet<int> used, bool isUnknown)
    {
        if (!isUnknown && trueId is >= 0 and <= int.MaxValue && used.Add((int)trueId))
            return (int)trueId;
        while (!used.Add(_nextSpare))
            _nextSpare++;
        return _nextSpare++;
    }
}

/// <summary>A row and its text in every event of it.</summary>
internal sealed class WrittenRow
{
    public WrittenRow(TrackRow row, int pid, int tid)
    {
        (Row, Pid, Tid) = (row, pid, tid);
        string ids = row.Kind == TrackKind.Thread || tid != 0
            ? string.Create(CultureInfo.InvariantCulture, $"\"pid\":{pid},\"tid\":{tid},\"ts\":")
            : string.Create(CultureInfo.InvariantCulture, $"\"pid\":{pid},\"ts\":");
        Ids = Encoding.ASCII.GetBytes(ids);
        AsyncId = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $",\"id\":\"0x{row.Id:x}\""));
    }

    public TrackRow Row { get; }

    public int Pid { get; }

    public int Tid { get; }

    /// <summary><c>"pid":1,"tid":2,"ts":</c>.</summary>
    public byte[] Ids { get; }

    /// <summary><c>,"id":"0x1f"</c> for what is told by it.</summary>
    public byte[] AsyncId { get; }

    /// <summary>Name and category of the open slices of a row that is told by its id: ends repeat them.</summary>
    public List<(int Name, int Category)> Open { get; } = [];
}
