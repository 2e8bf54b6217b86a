namespace VizTrace.NetTrace.Wire;

/// <summary>Kinds of blocks, numbered as in version 6.</summary>
internal enum BlockKind : byte
{
    End = 0,
    Trace = 1,
    Event = 2,
    Metadata = 3,
    SequencePoint = 4,
    Stack = 5,
    Thread = 6,
    RemoveThread = 7,
    LabelList = 8,

    /// <summary>One that this reader does not know: left out.</summary>
    Unknown = 255,
}

/// <summary>Where the trace's clock stands: the Trace block.</summary>
internal sealed class TraceHeader
{
    /// <summary>Ticks of the clock at the start.</summary>
    public long SyncTicks { get; private set; }

    /// <summary>Ticks a second.</summary>
    public long Frequency { get; private set; } = 1_000_000_000;

    /// <summary>Bytes of an address: 4 or 8.</summary>
    public int PointerSize { get; private set; } = 8;

    /// <summary>The process, up to version 5 (0: not told).</summary>
    public long ProcessId { get; private set; }

    /// <summary>Wall time at <see cref="SyncTicks"/>, ns since 1970; null: none that is a date.</summary>
    public long? WallNs { get; private set; }

    /// <summary>Other things that it says.</summary>
    public List<KeyValuePair<string, string>> Values { get; } = [];

    /// <summary>Reads a Trace block; null: it is damaged.</summary>
    public static TraceHeader? Read(ReadOnlySpan<byte> payload, bool isVersion6)
    {
        var cursor = new SpanCursor(payload);
        Span<short> time = stackalloc short[8];
        foreach (ref short part in time)
            part = cursor.Number<short>();
        var header = new TraceHeader { SyncTicks = cursor.Number<long>(), Frequency = cursor.Number<long>(), PointerSize = cursor.Number<int>() };
        header.WallNs = Wall(time);
        if (isVersion6)
        {
            int count = cursor.Number<int>();
            for (int i = 0; i < count && !cursor.Failed; i++)
            {
                string key = System.Text.Encoding.UTF8.GetString(cursor.Utf8());
                header.Values.Add(new(key, System.Text.Encoding.UTF8.GetString(cursor.Utf8())));
                if (key == "ProcessId" && long.TryParse(header.Values[^1].Value, out long pid))
                    header.ProcessId = pid;
            }
        }
        else
        {
            header.ProcessId = cursor.Number<int>();
            header.Values.Add(new("Processors", cursor.Number<int>().ToString(System.Globalization.CultureInfo.InvariantCulture)));
            header.Values.Add(new("ExpectedCpuSamplingRate", cursor.Number<int>().ToString(System.Globalization.CultureInfo.InvariantCulture)));
        }

        return cursor.Failed || header.Frequency <= 0 || header.PointerSize is not (4 or 8) ? null : header;
    }

    /// <summary>Ticks as ns since the start of the trace; an absurd time is clamped.</summary>
    public long Ns(long ticks)
    {
        if (Frequency == 1_000_000_000)
            return unchecked(ticks - SyncTicks);
        Int128 ns = ((Int128)ticks - SyncTicks) * 1_000_000_000 / Frequency;
        return ns > long.MaxValue ? long.MaxValue : ns < long.MinValue ? long.MinValue : (long)ns;
    }

    /// <summary>SYSTEMTIME: year, month, day of week, day, hour, minute, second, ms.</summary>
    private static long? Wall(ReadOnlySpan<short> t)
    {
        if (t[0] is < 1970 or > 2200 || t[1] is < 1 or > 12 || t[3] < 1 || t[3] > DateTime.DaysInMonth(t[0], t[1])
            || t[4] is < 0 or > 23 || t[5] is < 0 or > 59 || t[6] is < 0 or > 59 || t[7] is < 0 or > 999)
        {
            return null;
        }

        return (new DateTime(t[0], t[1], t[3], t[4], t[5], t[6], t[7], DateTimeKind.Utc) - DateTime.UnixEpoch).Ticks * 100;
    }
}
