using System.Runtime.InteropServices;

namespace VizTrace.NetTrace.Wire;

/// <summary>Stacks and labels between two sequence points: what events refer to by number.</summary>
internal sealed class RegionTables
{
    private readonly Dictionary<uint, StackEntry> _stacks = [];
    private readonly Dictionary<uint, Guid> _activities = [];
    private byte[] _addresses = new byte[1 << 16];
    private int _used;

    /// <summary>Forgets everything: a sequence point.</summary>
    public void Clear()
    {
        _stacks.Clear();
        _activities.Clear();
        _used = 0;
    }

    /// <summary>Addresses of a stack, the innermost first.</summary>
    public ReadOnlySpan<byte> Stack(uint id, out bool isKnown)
    {
        isKnown = _stacks.TryGetValue(id, out StackEntry entry);
        return isKnown ? _addresses.AsSpan(entry.Start, entry.Length) : [];
    }

    /// <summary>Where the id in the stack table of stack <paramref name="id"/>, which is known, is kept, and the process that it is true of; -1: not looked for yet.</summary>
    public ref (int Id, long Pid) Resolved(uint id) => ref CollectionsMarshal.GetValueRefOrNullRef(_stacks, id).Resolved;

    /// <summary>The activity id in a list of labels (version 6).</summary>
    public Guid Activity(uint list) => _activities.GetValueOrDefault(list);

    /// <summary>Takes a stack block; false: it is damaged.</summary>
    public bool AddStacks(ReadOnlySpan<byte> block)
    {
        var cursor = new SpanCursor(block);
        uint id = cursor.Number<uint>();
        int count = cursor.Number<int>();
        for (int i = 0; i < count && !cursor.Failed; i++, id++)
        {
            ReadOnlySpan<byte> stack = cursor.Bytes(cursor.Number<int>());
            if (cursor.Failed)
                break;
            if (_used + stack.Length > _addresses.Length)
                Array.Resize(ref _addresses, Math.Max(_addresses.Length * 2, _used + stack.Length));
            stack.CopyTo(_addresses.AsSpan(_used));
            _stacks[id] = new StackEntry { Start = _used, Length = stack.Length, Resolved = (-1, 0) };
            _used += stack.Length;
        }

        return !cursor.Failed;
    }

    /// <summary>Takes a block of lists of labels; false: it is damaged.</summary>
    public bool AddLabels(ReadOnlySpan<byte> block)
    {
        var cursor = new SpanCursor(block);
        uint list = cursor.Number<uint>();
        int count = cursor.Number<int>();
        for (int i = 0; i < count && !cursor.Failed;)
        {
            byte kind = cursor.Number<byte>();
            switch (kind & 0x7F)
            {
                case 1:
                    _activities[list] = cursor.Number<Guid>();
                    break;
                case 2 or 3:
                    cursor.Bytes(16);
                    break;
                case 4 or 8:
                    cursor.Bytes(8);
                    break;
                case 5:
                    cursor.Utf8();
                    cursor.Utf8();
                    break;
                case 6:
                    cursor.Utf8();
                    cursor.VarInt();
                    break;
                case 7 or 9 or 10:
                    cursor.Bytes(1);
                    break;
                default:
                    return false;
            }

            if ((kind & 0x80) != 0)
            {
                i++;
                list++;
            }
        }

        return !cursor.Failed;
    }

    private struct StackEntry
    {
        public int Start;
        public int Length;
        public (int Id, long Pid) Resolved;
    }
}
