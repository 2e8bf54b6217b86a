using System.Runtime.CompilerServices;
using VizTrace.Model;

namespace VizTrace.Perfetto.Writing;

/// <summary>What the encoder needs of an event: the constant part of its packet and where that was last written.</summary>
internal struct EventSlot
{
    /// <summary>A position so far back that no copy reaches it.</summary>
    public const int Nowhere = int.MinValue / 2;

    /// <summary>The packet from the track event's tag up to the time stamp's tag. Copied as a whole; only the first <see cref="TailLength"/> bytes count.</summary>
    public TailBytes Tail;

    /// <summary>Where in the chunk the last packet with a time stamp of one byte starts.</summary>
    public int LastWithOneByte;

    /// <summary>The same with two bytes; must follow <see cref="LastWithOneByte"/>.</summary>
    public int LastWithTwoBytes;

    /// <summary>Bytes of <see cref="Tail"/>; 0: the function was not told.</summary>
    public int TailLength;

    /// <summary>Packets with the same number differ in little: place in the encoder's table of recent packets, even.</summary>
    public int Kin;

    /// <summary>A sequence on which the function is interned; 0: none is known.</summary>
    public uint InternedBy;

    /// <summary>The bytes of <see cref="Tail"/>.</summary>
    [InlineArray(Capacity)]
    public struct TailBytes
    {
        /// <summary>Two vectors.</summary>
        public const int Capacity = 32;

        private byte _first;
    }
}

/// <summary>All functions by id. Interning ids are ids plus one, the same on every sequence.</summary>
internal sealed class FunctionTable
{
    private readonly Dictionary<string, int> _modules = new(StringComparer.Ordinal);
    private FunctionInfo?[] _infos = new FunctionInfo?[256];
    private int[] _categories = new int[256];
    private bool[] _written = new bool[256];

    /// <summary>Creates an empty table.</summary>
    public FunctionTable()
    {
        ref var end = ref Slots[0];
        ReadOnlySpan<byte> tail = [0x5A, 2, 0x48, 2, 0x40];
        tail.CopyTo(end.Tail);
        end.TailLength = tail.Length;
        end.Kin = KinCount - 2;
    }

    /// <summary>Size of a table over <see cref="EventSlot.Kin"/> and the place behind it.</summary>
    public const int KinCount = 1 << 10;

    /// <summary>Slots: first that of all ends, then those of the functions' begins by id plus one. Replaced when it grows.</summary>
    public EventSlot[] Slots { get; private set; } = new EventSlot[257];

    /// <summary>The function, which was told.</summary>
    public FunctionInfo Info(int id) =>
        (uint)id < (uint)_infos.Length && _infos[id] is { } info
            ? info
            : throw new InvalidOperationException($"Function {id} is used before it was told");

    /// <summary>Interning id of the function's module; 0: none.</summary>
    public int Category(int id) => _categories[id];

    /// <summary>The function stands in the trace from now on and does not change any more.</summary>
    public void MarkWritten(int id) => _written[id] = true;

    /// <summary>Adds a function, or replaces it when more is known and it has not been written: an interning id cannot change its meaning.</summary>
    public void Add(FunctionInfo info)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(info.Id);
        if (info.Id >= _infos.Length)
        {
            var size = Math.Max(info.Id + 1, _infos.Length * 2);
            Array.Resize(ref _infos, size);
            Array.Resize(ref _categories, size);
            Array.Resize(ref _written, size);
            var slots = Slots;
            Array.Resize(ref slots, size + 1);
            Slots = slots;
        }
        if (_written[info.Id]) return;
        _infos[info.Id] = info;
        var category = 0;
        if (!string.IsNullOrEmpty(info.Module) && !_modules.TryGetValue(info.Module, out category))
            _modules.Add(info.Module, category = _modules.Count + 1);
        _categories[info.Id] = category;
        ref var slot = ref Slots[info.Id + 1];
        slot.LastWithOneByte = slot.LastWithTwoBytes = EventSlot.Nowhere;
        slot.TailLength = BuildTail(slot.Tail, info, category, default);
        slot.Kin = ((slot.TailLength << 5) | ((category & 15) << 1)) & (KinCount - 2);
    }

    /// <summary>A new chunk begins: nothing was written in it yet.</summary>
    public void ForgetPositions()
    {
        foreach (ref var slot in Slots.AsSpan()) slot.LastWithOneByte = slot.LastWithTwoBytes = EventSlot.Nowhere;
    }

    /// <summary>Writes a begin's track event and the time stamp's tag; returns the length. <paramref name="annotations"/> goes into the event.</summary>
    public int BuildTail(Span<byte> to, int id, ReadOnlySpan<byte> annotations) => BuildTail(to, _infos[id]!, _categories[id], annotations);

    // Order: what is the same for all functions first, so that an unknown function's packet still copies most of another's.
    private static int BuildTail(Span<byte> to, FunctionInfo info, int category, ReadOnlySpan<byte> annotations)
    {
        Span<byte> body = stackalloc byte[64];
        var n = WireFormat.PutVarint(body, 0, WireFormat.Tag(9, WireFormat.Varint));
        n = WireFormat.PutVarint(body, n, 1);
        if (category != 0)
        {
            n = WireFormat.PutVarint(body, n, WireFormat.Tag(3, WireFormat.Varint));
            n = WireFormat.PutVarint(body, n, (ulong)category);
        }
        var iid = (ulong)info.Id + 1;
        if (!string.IsNullOrEmpty(info.SourceFile))
        {
            n = WireFormat.PutVarint(body, n, WireFormat.Tag(34, WireFormat.Varint));
            n = WireFormat.PutVarint(body, n, iid);
        }
        annotations.CopyTo(body[n..]);
        n += annotations.Length;
        n = WireFormat.PutVarint(body, n, WireFormat.Tag(10, WireFormat.Varint));
        n = WireFormat.PutVarint(body, n, iid);
        to[0] = (byte)WireFormat.Tag(11, WireFormat.LengthDelimited);
        to[1] = (byte)n;
        body[..n].CopyTo(to[2..]);
        to[n + 2] = (byte)WireFormat.Tag(8, WireFormat.Varint);
        return n + 3;
    }
}
