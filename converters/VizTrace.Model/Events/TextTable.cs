using System.IO.Hashing;
using System.Text;

namespace VizTrace.Model.Events;

/// <summary>
/// Texts of a trace, each once: names, categories, values that are asked for. Ids are dense; 0 is the empty text. Bytes that are no UTF-8
/// are kept as they are and shown with U+FFFD. Not thread-safe.
/// </summary>
public sealed class TextTable
{
    private const int FirstSlots = 1 << 10;
    private const int BlockBytes = 1 << 16;

    private readonly List<byte[]> _blocks = [];
    private Entry[] _entries = new Entry[FirstSlots / 2];
    private string?[] _strings = new string?[FirstSlots / 2];
    private int[] _slots = new int[FirstSlots];
    private int _blockUsed = BlockBytes;

    /// <summary>Creates a table that knows the empty text.</summary>
    public TextTable()
    {
        _strings[0] = "";
        Count = 1;
    }

    /// <summary>Number of texts, the empty one among them.</summary>
    public int Count { get; private set; }

    /// <summary>The id of <paramref name="utf8"/>, new or known; allocates only for a new one.</summary>
    public int Add(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty)
            return 0;
        ulong hash = XxHash3.HashToUInt64(utf8);
        for (int slot = (int)hash & (_slots.Length - 1); ; slot = (slot + 1) & (_slots.Length - 1))
        {
            int id = _slots[slot];
            if (id == 0)
                return Insert(slot, hash, utf8);
            if (_entries[id].Hash == hash && Utf8(id).SequenceEqual(utf8))
                return id;
        }
    }

    /// <summary>The id of <paramref name="text"/>, new or known.</summary>
    public int Add(string text) => Add(Encoding.UTF8.GetBytes(text));

    /// <summary>The text of <paramref name="id"/> as bytes; valid as long as the table.</summary>
    public ReadOnlySpan<byte> Utf8(int id) =>
        id == 0 ? [] : _blocks[_entries[id].Block].AsSpan(_entries[id].Start, _entries[id].Length);

    /// <summary>The text of <paramref name="id"/>.</summary>
    public string Get(int id) => _strings[id] ??= Encoding.UTF8.GetString(Utf8(id));

    private int Insert(int slot, ulong hash, ReadOnlySpan<byte> utf8)
    {
        int id = Count++;
        if (id == _entries.Length)
        {
            Array.Resize(ref _entries, id * 2);
            Array.Resize(ref _strings, id * 2);
        }

        if (utf8.Length > BlockBytes - _blockUsed || _blocks.Count == 0)
        {
            // A long text has a block to itself; the rest of the one before is given up.
            _blocks.Add(new byte[Math.Max(BlockBytes, utf8.Length)]);
            _blockUsed = 0;
        }

        utf8.CopyTo(_blocks[^1].AsSpan(_blockUsed));
        _entries[id] = new Entry(hash, _blocks.Count - 1, _blockUsed, utf8.Length);
        _blockUsed = Math.Min(BlockBytes, _blockUsed + utf8.Length);
        _slots[slot] = id;
        if (Count > _slots.Length / 2)
            Grow();
        return id;
    }

    private void Grow()
    {
        _slots = new int[_slots.Length * 2];
        for (int id = 1; id < Count; id++)
        {
            int slot = (int)_entries[id].Hash & (_slots.Length - 1);
            while (_slots[slot] != 0)
                slot = (slot + 1) & (_slots.Length - 1);
            _slots[slot] = id;
        }
    }

    private readonly record struct Entry(ulong Hash, int Block, int Start, int Length);
}
