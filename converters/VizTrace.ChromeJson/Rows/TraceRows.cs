using System.Globalization;
using VizTrace.Model.Events;

namespace VizTrace.ChromeJson.Rows;

/// <summary>
/// The rows of a trace by what names them in the file. A row is made where it is first met; what a second reading meets is known, so that ids
/// stay. Not thread-safe.
/// </summary>
internal sealed class TraceRows(TrackTable tracks)
{
    private const int CacheSize = 1024;

    private readonly Dictionary<(RowKey Pid, RowKey Tid), int> _threads = [];
    private readonly Dictionary<RowKey, int> _processes = [];
    private readonly Dictionary<RowKey, int> _ofSamples = [];
    private readonly Dictionary<(int Process, int Name, ulong Id), int> _counters = [];
    private readonly Dictionary<(int Process, int Category, ulong Id), int> _asyncs = [];
    private readonly Cached[] _cache = new Cached[CacheSize];
    private int _global = -1;

    /// <summary>The row of the trace as a whole.</summary>
    public int Global => _global >= 0 ? _global : _global = tracks.Add(TrackKind.Global, -1).Id;

    /// <summary>A thread's row.</summary>
    public int Thread(long pid, long tid)
    {
        ulong mixed = (((ulong)pid * 0x9E3779B97F4A7C15) + (ulong)tid) * 0xD6E8FEB86659FD93;
        ref Cached cached = ref _cache[mixed >> 54];
        if (cached.Pid == pid && cached.Tid == tid && cached.RowPlusOne != 0)
            return cached.RowPlusOne - 1;
        int row = Thread(new RowKey(pid, null), new RowKey(tid, null));
        cached = new Cached(pid, tid, row + 1);
        return row;
    }

    /// <summary>A thread's row, its ids being numbers or texts.</summary>
    public int Thread(RowKey pid, RowKey tid)
    {
        if (_threads.TryGetValue((pid, tid), out int id))
            return id;
        TrackRow row = tracks.Add(TrackKind.Thread, Process(pid));
        (row.Pid, row.Tid, row.Name) = (pid.Number, tid.Number, tid.Text);
        (row.SourceId, row.SourceText) = ((ulong)tid.Number, tid.Text);
        _threads.Add((pid, tid), row.Id);
        _ofSamples.TryAdd(tid, row.Id);
        return row.Id;
    }

    /// <summary>A thread's row; -1 when there is none.</summary>
    public int Find(RowKey pid, RowKey tid) => _threads.GetValueOrDefault((pid, tid), -1);

    /// <summary>A process's row.</summary>
    public int Process(RowKey pid)
    {
        if (_processes.TryGetValue(pid, out int id))
            return id;
        TrackRow row = tracks.Add(TrackKind.Process, -1);
        (row.Pid, row.Name) = (pid.Number, pid.Text);
        (row.SourceId, row.SourceText) = ((ulong)pid.Number, pid.Text);
        _processes.Add(pid, row.Id);
        return row.Id;
    }

    /// <summary>The thread of a sample, which has no process: the first that was met with this id.</summary>
    public int ThreadOfSample(RowKey tid) => _ofSamples.TryGetValue(tid, out int row) ? row : Thread(tid, tid);

    /// <summary>A counter's row.</summary>
    public int Counter(int process, int name, string text, ReadOnlySpan<byte> id)
    {
        ulong hash = id.IsEmpty ? 0 : IdText.Hash(id, 0);
        if (_counters.TryGetValue((process, name, hash), out int known))
            return known;
        TrackRow row = tracks.Add(TrackKind.Counter, process);
        row.Name = id.IsEmpty ? text : string.Create(CultureInfo.InvariantCulture, $"{text} id: {System.Text.Encoding.UTF8.GetString(id)}");
        SetId(row, id);
        _counters.Add((process, name, hash), row.Id);
        return row.Id;
    }

    /// <summary>
    /// The row of asynchronous events of one category and id; <paramref name="isLocal"/>: of one process, else the first one that it was met in
    /// is only what it hangs below.
    /// </summary>
    public int Async(int process, int category, ReadOnlySpan<byte> id, ReadOnlySpan<byte> scope, bool isLocal, string name)
    {
        ulong hash = IdText.Hash(id, scope.IsEmpty ? 0 : (long)IdText.Hash(scope, 1));
        (int, int, ulong) key = (isLocal ? process : -1, category, hash);
        if (_asyncs.TryGetValue(key, out int known))
            return known;
        TrackRow row = tracks.Add(TrackKind.Async, process);
        row.Name = name.Length == 0 ? null : name;
        SetId(row, id);
        _asyncs.Add(key, row.Id);
        return row.Id;
    }

    private static void SetId(TrackRow row, ReadOnlySpan<byte> id)
    {
        if (id.IsEmpty)
            return;
        if (IdText.TryNumber(id, out ulong number))
            row.SourceId = number;
        else
            row.SourceText = System.Text.Encoding.UTF8.GetString(id);
    }

    private readonly record struct Cached(long Pid, long Tid, int RowPlusOne);
}
