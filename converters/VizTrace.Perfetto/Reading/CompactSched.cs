namespace VizTrace.Perfetto.Reading;

/// <summary>The columns of a bundle's compact scheduling data. One object is used again for each bundle.</summary>
internal sealed class CompactSched
{
    /// <summary>Numbers of the columns of switches: time, previous state, next pid, next priority, next name.</summary>
    public static readonly int[] SwitchFields = [1, 2, 3, 4, 6];

    /// <summary>Numbers of the columns of wakings: time, pid, processor, priority, name, flags.</summary>
    public static readonly int[] WakingFields = [7, 8, 9, 10, 11, 12];

    private readonly ulong[][] _columns = new ulong[13][];
    private readonly int[] _counts = new int[13];

    /// <summary>Creates an empty one.</summary>
    public CompactSched() => Array.Fill(_columns, []);

    /// <summary>Number of switches that have a time and a pid.</summary>
    public int Switches => Math.Min(_counts[1], _counts[3]);

    /// <summary>Number of wakings that have a time and a pid.</summary>
    public int Wakings => Math.Min(_counts[7], _counts[8]);

    /// <summary>Differences of time, ns; the first counts from 0.</summary>
    public ReadOnlySpan<ulong> SwitchTimes => Column(1);

    /// <summary>Threads that come.</summary>
    public ReadOnlySpan<ulong> NextPids => Column(3);

    /// <summary>Differences of time, ns; the first counts from 0.</summary>
    public ReadOnlySpan<ulong> WakingTimes => Column(7);

    /// <summary>Threads that are woken up.</summary>
    public ReadOnlySpan<ulong> WakingPids => Column(8);

    /// <summary>Number of names that the columns refer to.</summary>
    public int Names { get; private set; }

    /// <summary>A column by its number; may be changed.</summary>
    public Span<ulong> Column(int field) => _columns[field].AsSpan(0, _counts[field]);

    /// <summary>Takes the columns out of a message.</summary>
    public void Read(ReadOnlySpan<byte> message)
    {
        Array.Clear(_counts);
        Names = 0;
        var cursor = new ProtoCursor(message);
        while (cursor.Next())
        {
            if (cursor.Field == 5) Names++;
            else if (cursor.Field < _columns.Length) _counts[cursor.Field] = Repeated.Add(cursor, false, ref _columns[cursor.Field], _counts[cursor.Field]);
        }
    }
}
