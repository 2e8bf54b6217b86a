using VizTrace.Model;
using VizTrace.Model.Events;

namespace VizTrace.NetTrace.Translation;

/// <summary>The rows of a trace, made when the first event needs them and found again in every later reading.</summary>
internal sealed class Rows(TrackTable tracks)
{
    private readonly Dictionary<long, int> _processes = [];
    private readonly Dictionary<(long Pid, long Tid), int> _threads = [];
    private readonly Dictionary<(int Process, TrackKind Kind, string Name), int> _named = [];
    private (long Pid, long Tid, int Track) _last = (-1, -1, 0);

    /// <summary>The row of a process.</summary>
    public int Process(long pid)
    {
        if (_processes.TryGetValue(pid, out int id))
            return id;
        TrackRow row = tracks.Add(TrackKind.Process, -1);
        row.Pid = pid;
        _processes.Add(pid, row.Id);
        return row.Id;
    }

    /// <summary>The row of a thread.</summary>
    public int Thread(long pid, long tid, string? name)
    {
        if (_last.Tid == tid && _last.Pid == pid)
            return _last.Track;
        if (!_threads.TryGetValue((pid, tid), out int id))
        {
            TrackRow row = tracks.Add(TrackKind.Thread, Process(pid));
            (row.Pid, row.Tid, row.Name) = (pid, tid, name);
            // A program's first thread has its process's number (Linux).
            row.Role = tid == pid && pid != 0 ? ThreadRole.Main : ThreadRole.Unknown;
            id = row.Id;
            _threads.Add((pid, tid), id);
        }

        _last = (pid, tid, id);
        return id;
    }

    /// <summary>A row of its own below the process of <paramref name="track"/>.</summary>
    public int Named(int track, TrackKind kind, string name, string? unit = null)
    {
        int process = tracks.ProcessOf(track)!.Id;
        if (_named.TryGetValue((process, kind, name), out int id))
            return id;
        TrackRow row = tracks.Add(kind, process);
        (row.Name, row.Unit, row.Pid) = (name, unit, tracks[process].Pid);
        _named.Add((process, kind, name), row.Id);
        return row.Id;
    }

    /// <summary>A lane among rows of one name: overlapping slices are on different ones.</summary>
    public int Lane(int track, string name, int lane)
    {
        int process = tracks.ProcessOf(track)!.Id;
        string key = lane == 0 ? name : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{name}\0{lane}");
        if (_named.TryGetValue((process, TrackKind.Async, key), out int id))
            return id;
        TrackRow row = tracks.Add(TrackKind.Async, process);
        (row.Name, row.Pid, row.SourceId) = (name, tracks[process].Pid, (ulong)row.Id);
        _named.Add((process, TrackKind.Async, key), row.Id);
        return row.Id;
    }

    /// <summary>What the runtime tells when it makes a thread.</summary>
    public void Created(int fromTrack, long tid, int managedId, uint flags)
    {
        TrackRow row = tracks[Thread(tracks.ProcessOf(fromTrack)!.Pid, tid, null)];
        row.ManagedId = managedId;
        if (row.Role == ThreadRole.Unknown)
        {
            // ThreadFlags of the runtime's manifest.
            row.Role = (flags & 1) != 0 ? ThreadRole.Gc : (flags & 2) != 0 ? ThreadRole.Finalizer : (flags & 4) != 0 ? ThreadRole.Pool : ThreadRole.Unknown;
        }
    }
}
