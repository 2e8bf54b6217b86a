using System.Buffers.Text;
using VizTrace.Recorder.Draining;
using VizTrace.Recorder.Interop;

namespace VizTrace.Recorder.Threads;

/// <summary>
/// Watches the threads of one process in /proc and writes what changes into its ledger: threads that come and go, and their names. New
/// threads are looked for every 5 ms in the first 200 ms and every 20 ms later, names and reused ids every 20 ms in the first 200 ms, when the
/// runtime names its own threads, and every 200 ms later; with so many threads that this would take more than a hundredth of a CPU, more rarely. Not thread-safe; allocates only when a thread is new.
/// </summary>
internal sealed class ThreadWatch : IDisposable
{
    private const ulong Millisecond = 1_000_000;
    private const ulong EarlyNs = 200 * Millisecond;
    private const ulong EarlyPaceNs = 5 * Millisecond;
    private const ulong PaceNs = 20 * Millisecond;
    private const ulong NamePaceNs = 200 * Millisecond;

    /// <summary>A look is not repeated before this many times its own duration has passed.</summary>
    private const ulong LargestShare = 100;

    private readonly Ledger _ledger;
    private readonly DirectoryEntries? _tasks;
    private readonly Dictionary<int, Known> _threads = [];
    private readonly List<int> _gone = [];
    private readonly byte[] _stat = new byte[1024];
    private readonly ulong _startNs;
    private ulong _nextLook;
    private ulong _nextNames;
    private uint _look;

    /// <summary>Watches process <paramref name="pid"/>; when it is already gone there is nothing to see.</summary>
    public ThreadWatch(int pid, Ledger ledger, ulong nowNs)
    {
        _ledger = ledger;
        _startNs = nowNs;
        _tasks = DirectoryEntries.TryOpen(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/proc/{pid}/task"));
    }

    /// <summary>Threads seen so far.</summary>
    public int Seen { get; private set; }

    /// <summary>Looks if it is time to.</summary>
    public void Look(ulong nowNs)
    {
        if (nowNs < _nextLook)
            return;
        bool names = nowNs >= _nextNames;
        LookNow(nowNs, names);
        ulong after = Libc.Nanoseconds(Libc.ClockMonotonic);
        ulong pause = (after - nowNs) * LargestShare;
        bool early = nowNs - _startNs < EarlyNs;
        _nextLook = after + Math.Max(pause, early ? EarlyPaceNs : PaceNs);
        if (names)
            _nextNames = after + Math.Max(pause, early ? PaceNs : NamePaceNs);
    }

    /// <summary>Looks at once; with <paramref name="names"/> at the names of known threads too.</summary>
    public void LookNow(ulong nowNs, bool names)
    {
        if (_tasks is null)
            return;
        _tasks.Restart();
        _look++;
        int count = 0;
        while (_tasks.TryNext(out ReadOnlySpan<byte> name))
        {
            if (!Utf8Parser.TryParse(name, out int tid, out int used) || used != name.Length)
                continue;
            count++;
            if (!_threads.TryGetValue(tid, out Known? known))
                Meet(tid, name, nowNs);
            else if (names)
                Check(tid, known, name, nowNs);
            if (_threads.TryGetValue(tid, out known))
                known.Look = _look;
        }

        // An empty list is a process that is just being reaped: its end is told by the Exit entry.
        if (count > 0 && count < _threads.Count)
            TellGone(nowNs);
    }

    /// <inheritdoc/>
    public void Dispose() => _tasks?.Dispose();

    private void Meet(int tid, ReadOnlySpan<byte> name, ulong nowNs)
    {
        if (!TryReadStat(name, out ulong start, out ReadOnlySpan<byte> comm))
            return;
        _threads[tid] = new Known { Start = start, Comm = comm.ToArray() };
        _ledger.ThreadSeen(tid, start, nowNs, comm);
        Seen++;
    }

    private void Check(int tid, Known known, ReadOnlySpan<byte> name, ulong nowNs)
    {
        if (!TryReadStat(name, out ulong start, out ReadOnlySpan<byte> comm))
            return;
        if (start != known.Start)
        {
            _ledger.ThreadGone(tid, known.Start, nowNs);
            _threads[tid] = new Known { Start = start, Comm = comm.ToArray() };
            _ledger.ThreadSeen(tid, start, nowNs, comm);
            Seen++;
        }
        else if (!comm.SequenceEqual(known.Comm))
        {
            known.Comm = comm.ToArray();
            _ledger.ThreadRenamed(tid, start, nowNs, comm);
        }
    }

    private void TellGone(ulong nowNs)
    {
        foreach ((int tid, Known known) in _threads)
        {
            if (known.Look != _look)
                _gone.Add(tid);
        }

        foreach (int tid in _gone)
        {
            _threads.Remove(tid, out Known? known);
            _ledger.ThreadGone(tid, known!.Start, nowNs);
        }

        _gone.Clear();
    }

    private bool TryReadStat(ReadOnlySpan<byte> tid, out ulong start, out ReadOnlySpan<byte> comm)
    {
        Span<byte> path = stackalloc byte[32];
        tid.CopyTo(path);
        "/stat\0"u8.CopyTo(path[tid.Length..]);
        return ProcessStat.TryRead(_tasks!.Fd, path, _stat, out start, out comm);
    }

    /// <summary>What was last seen of a thread.</summary>
    private sealed class Known
    {
        public ulong Start;
        public byte[] Comm = [];
        public uint Look;
    }
}
