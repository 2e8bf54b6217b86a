using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VizTrace.Model.Slices;

/// <summary>Takes one row.</summary>
internal delegate void RowTaker(in SliceRow row);

/// <summary>
/// Rows sorted by track, time and the order in which they came. Up to a number in memory; then each full load is written as a sorted run
/// behind the others into one temporary file, and reading merges the runs.
/// </summary>
internal sealed class SortedRows(string directory, int rowsInMemory) : IDisposable
{
    private const int RowBytes = 64;
    private const int NoSpace = 28;

    private readonly List<(long First, long Count)> _runs = [];
    private SliceRow[] _rows = new SliceRow[Math.Min(rowsInMemory, 1 << 12)];
    private int[] _order = [];
    private long[] _times = [];
    private int _count;
    private int _mostTrack;
    private FileStream? _stream;
    private SafeFileHandle? _file;
    private long _written;

    /// <summary>Adds a row.</summary>
    public void Add(in SliceRow row)
    {
        if (_count == _rows.Length)
        {
            if (_count < rowsInMemory)
                Array.Resize(ref _rows, (int)Math.Min(rowsInMemory, _count * 8L));
            else
                Spill();
        }

        _mostTrack = Math.Max(_mostTrack, row.Track);
        _rows[_count++] = row;
    }

    /// <summary>Hands out all rows in order, once.</summary>
    public void ReadAll(RowTaker taker)
    {
        if (_file is null)
        {
            Sort();
            for (int i = 0; i < _count; i++)
                taker(_rows[_order[i]]);
            return;
        }

        Spill();
        _order = [];
        _times = [];
        Merge(taker);
    }

    /// <summary>Removes the temporary file.</summary>
    public void Dispose() => _stream?.Dispose();

    private void Sort()
    {
        if (_order.Length < _count)
        {
            _order = new int[_count];
            _times = new long[_count];
        }

        // By track in one counting pass, which keeps the order in which they came; then by time where a track is not in order yet.
        int[] starts = new int[_mostTrack + 2];
        for (int i = 0; i < _count; i++)
            starts[_rows[i].Track + 1]++;
        for (int track = 0; track <= _mostTrack; track++)
            starts[track + 1] += starts[track];
        for (int i = 0; i < _count; i++)
        {
            int place = starts[_rows[i].Track]++;
            _order[place] = i;
            _times[place] = _rows[i].TimeNs;
        }

        // Each start is now the end of its track.
        for (int track = 0, first = 0; track <= _mostTrack; first = starts[track++])
            SortTrack(first, starts[track] - first);
    }

    private void SortTrack(int first, int count)
    {
        Span<long> times = _times.AsSpan(first, count);
        Span<int> order = _order.AsSpan(first, count);
        int sorted = 1;
        while (sorted < count && times[sorted] >= times[sorted - 1])
            sorted++;
        if (sorted >= count)
            return;
        times.Sort(order);
        for (int start = 0; start < count;)
        {
            int end = start + 1;
            while (end < count && times[end] == times[start])
                end++;
            if (end - start > 1)
                order[start..end].Sort();
            start = end;
        }
    }

    private void Spill()
    {
        if (_count == 0)
            return;
        Sort();
        try
        {
            _file ??= Open();
            SliceRow[] part = new SliceRow[Math.Min(_count, 1 << 12)];
            long first = _written;
            for (int done = 0; done < _count;)
            {
                int take = Math.Min(part.Length, _count - done);
                for (int i = 0; i < take; i++)
                    part[i] = _rows[_order[done + i]];
                RandomAccess.Write(_file, MemoryMarshal.AsBytes(part.AsSpan(0, take)), _written * RowBytes);
                _written += take;
                done += take;
            }

            _runs.Add((first, _count));
            _count = 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            ErrorId id = e is IOException { HResult: NoSpace } ? ErrorId.DiskFull : ErrorId.BadOutput;
            throw new TraceException(id, $"{directory}: cannot sort events in a temporary file: {e.Message}", e);
        }
    }

    private SafeFileHandle Open()
    {
        string path = Path.Combine(directory, $".viztrace-sort-{Guid.NewGuid():N}");
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.Delete,
            Options = FileOptions.DeleteOnClose,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        _stream = new FileStream(path, options);

        // Gone at once where the system allows it: then nothing stays after a kill.
        if (!OperatingSystem.IsWindows())
            File.Delete(path);
        return _stream.SafeFileHandle;
    }

    private void Merge(RowTaker taker)
    {
        // The load's own memory is shared out among the runs.
        int room = Math.Max(1, _rows.Length / _runs.Count);
        if (room * _runs.Count > _rows.Length)
            _rows = new SliceRow[_runs.Count];
        var cursors = new Cursor[_runs.Count];
        var queue = new PriorityQueue<int, Key>(_runs.Count);
        for (int run = 0; run < cursors.Length; run++)
        {
            cursors[run] = new Cursor { Next = _runs[run].First, Left = _runs[run].Count };
            Fill(ref cursors[run], run * room, room);
            queue.Enqueue(run, KeyOf(_rows[run * room], run));
        }

        while (queue.TryDequeue(out int run, out _))
        {
            ref Cursor cursor = ref cursors[run];
            while (true)
            {
                taker(_rows[run * room + cursor.At++]);
                if (cursor.At == cursor.Filled && !Fill(ref cursor, run * room, room))
                    break;
                Key key = KeyOf(_rows[run * room + cursor.At], run);
                if (queue.TryPeek(out _, out Key least) && key.CompareTo(least) > 0)
                {
                    queue.Enqueue(run, key);
                    break;
                }
            }
        }
    }

    private bool Fill(ref Cursor cursor, int start, int room)
    {
        int take = (int)Math.Min(room, cursor.Left);
        cursor.At = 0;
        cursor.Filled = take;
        Span<byte> bytes = MemoryMarshal.AsBytes(_rows.AsSpan(start, take));
        long offset = cursor.Next * RowBytes;
        while (!bytes.IsEmpty)
        {
            int read = RandomAccess.Read(_file!, bytes, offset);
            if (read == 0)
                throw new TraceException(ErrorId.BadOutput, $"{directory}: the temporary file is shorter than what was written, at byte {offset}");
            bytes = bytes[read..];
            offset += read;
        }

        cursor.Next += take;
        cursor.Left -= take;
        return take > 0;
    }

    private static Key KeyOf(in SliceRow row, int run) => new(row.Track, row.TimeNs, run);

    private struct Cursor
    {
        public long Next;
        public long Left;
        public int At;
        public int Filled;
    }

    private readonly record struct Key(int Track, long TimeNs, int Run) : IComparable<Key>
    {
        public int CompareTo(Key other)
        {
            int order = Track.CompareTo(other.Track);
            order = order != 0 ? order : TimeNs.CompareTo(other.TimeNs);
            return order != 0 ? order : Run.CompareTo(other.Run);
        }
    }
}
