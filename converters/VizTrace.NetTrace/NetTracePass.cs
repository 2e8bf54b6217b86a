using VizTrace.Model;
using VizTrace.NetTrace.Payloads;
using VizTrace.NetTrace.Translation;
using VizTrace.NetTrace.Wire;

namespace VizTrace.NetTrace;

/// <summary>One reading of a file from its beginning to its end: blocks to events in order of time, handed to a <see cref="Translator"/>.</summary>
internal sealed class NetTracePass
{
    private readonly BlockReader _blocks;
    private readonly Translator _translator;
    private readonly EventSorter _sorter;
    private readonly ThreadLosses _losses = new();
    private readonly Dictionary<uint, EventType> _types = [];
    private readonly Dictionary<ulong, (long Pid, long Tid, string? Name)> _threads = [];
    private readonly string _name;
    private TraceHeader? _header;
    private long _unknown;
    private long _lastTicks;

    /// <summary>Prepares the reading of <paramref name="stream"/>.</summary>
    public NetTracePass(Stream stream, string name, Translator translator)
    {
        _blocks = new BlockReader(stream, name);
        _name = name;
        _translator = translator;
        _sorter = new EventSorter(translator);
    }

    /// <summary>Bytes read.</summary>
    public long Offset => _blocks.Offset;

    /// <summary>Whether the file ends in the middle of something.</summary>
    public bool IsTruncated { get; private set; }

    /// <summary>Where damage ended the reading, or where the file is cut; null: nowhere.</summary>
    public long? DamageOffset { get; private set; }

    /// <summary>Number of events that were lost.</summary>
    public long Lost { get; private set; }

    /// <summary>Lines about what was found wrong.</summary>
    public List<string> Remarks { get; } = [];

    /// <summary>Reads everything.</summary>
    public void Run(Action<long>? progress)
    {
        _blocks.Begin();
        while (_blocks.Next(out BlockKind kind, out ReadOnlySpan<byte> payload))
        {
            if (_header is null && kind != BlockKind.Trace)
            {
                if (kind == BlockKind.Unknown)
                    continue;
                throw new TraceException(ErrorId.BadInput, $"{_name}: the block at byte {_blocks.BlockOffset} comes before the one that tells the clock");
            }

            if (!Block(kind, payload) && _blocks.Damage is null)
            {
                DamageOffset ??= _blocks.BlockOffset;
                Remarks.Add($"{_name}: the {kind} block at byte {_blocks.BlockOffset} is damaged: read as far as it is sound");
            }

            progress?.Invoke(_blocks.Offset);
        }

        _sorter.FlushAll();
        if (_blocks.Damage is { } damage)
        {
            Remarks.Add(damage);
            IsTruncated = _blocks.IsTruncated;
            DamageOffset ??= IsTruncated ? _blocks.Offset : _blocks.BlockOffset;
        }

        if (_unknown > 0)
            Remarks.Add($"{_name}: {_unknown} events of kinds that the file does not describe were left out");
    }

    private bool Block(BlockKind kind, ReadOnlySpan<byte> payload)
    {
        switch (kind)
        {
            case BlockKind.Trace:
                _header = TraceHeader.Read(payload, _blocks.IsVersion6);
                if (_header is null)
                {
                    throw new TraceException(ErrorId.BadInput, _blocks.Damage
                        ?? $"{_name}: the block at byte {_blocks.BlockOffset}, which tells the clock, is damaged");
                }

                _translator.Begin(_header);
                return true;
            case BlockKind.Event:
                return Events(payload);
            case BlockKind.Metadata:
                return _blocks.IsVersion6 ? Metadata6(payload) : Metadata4(payload);
            case BlockKind.Stack:
                return _translator.Region.AddStacks(payload);
            case BlockKind.LabelList:
                return _translator.Region.AddLabels(payload);
            case BlockKind.SequencePoint:
                return SequencePoint(payload);
            case BlockKind.Thread:
                return Threads(payload);
            case BlockKind.RemoveThread:
                return RemoveThreads(payload);
            default:
                return true;
        }
    }

    private bool Events(ReadOnlySpan<byte> block)
    {
        var blobs = new EventBlobs(block, _blocks.IsVersion6);
        while (blobs.Next(out ReadOnlySpan<byte> payload))
        {
            ref readonly EventHeader header = ref blobs.Header;
            _lastTicks = Math.Max(_lastTicks, header.Ticks);
            uint missing = _losses.See(header.CaptureThread, header.Sequence);
            if (missing > 0)
                AddLost(header.CaptureThread, missing, header.Ticks);
            if (!_types.TryGetValue(header.MetadataId, out EventType? type))
            {
                _unknown++;
                continue;
            }

            var raw = new RawEvent
            {
                Type = type,
                Ticks = header.Ticks,
                Track = Track(header.Thread),
                Stack = header.StackId,
                Activity = _blocks.IsVersion6 ? _translator.Region.Activity(header.LabelList) : header.Activity,
                Bytes = blobs.Length,
            };
            _sorter.Add(raw, payload, header.IsSorted);
        }

        _sorter.EndBlock();
        return !blobs.Failed;
    }

    private void AddLost(ulong thread, uint missing, long ticks)
    {
        Lost += missing;
        var raw = new RawEvent { Type = TranslatedTypes.Lost, Ticks = ticks, Track = Track(thread) };
        _sorter.Add(raw, BitConverter.GetBytes((long)missing), isSorted: false);
    }

    private int Track(ulong thread)
    {
        if (!_blocks.IsVersion6)
            return _translator.Rows.Thread(_header!.ProcessId, (long)thread, null);
        return _threads.TryGetValue(thread, out (long Pid, long Tid, string? Name) known)
            ? _translator.Rows.Thread(known.Pid, known.Tid, known.Name)
            : _translator.Rows.Thread(_header!.ProcessId, 0, null);
    }

    private bool Metadata4(ReadOnlySpan<byte> block)
    {
        var rows = new EventBlobs(block, isVersion6: false);
        while (rows.Next(out ReadOnlySpan<byte> row))
        {
            if (MetadataReader.Read4(row, _header!.PointerSize, out uint id) is not { } type)
                return false;
            _types[id] = type;
        }

        return !rows.Failed;
    }

    private bool Metadata6(ReadOnlySpan<byte> block)
    {
        var cursor = new SpanCursor(block);
        cursor.Bytes(cursor.Number<ushort>());
        while (cursor.Left > 0)
        {
            ReadOnlySpan<byte> row = cursor.Bytes(cursor.Number<ushort>());
            if (cursor.Failed || MetadataReader.Read6(row, _header!.PointerSize, out uint id) is not { } type)
                return false;
            _types[id] = type;
        }

        return !cursor.Failed;
    }

    private bool SequencePoint(ReadOnlySpan<byte> block)
    {
        var cursor = new SpanCursor(block);
        long ticks = cursor.Number<long>();
        uint flags = _blocks.IsVersion6 ? cursor.Number<uint>() : 0;
        int count = cursor.Number<int>();
        for (int i = 0; i < count && !cursor.Failed; i++)
        {
            ulong thread = _blocks.IsVersion6 ? cursor.VarUInt() : cursor.Number<ulong>();
            uint sequence = _blocks.IsVersion6 ? (uint)cursor.VarUInt() : cursor.Number<uint>();
            if (!cursor.Failed && _losses.Reach(thread, sequence) is var missing and > 0)
                AddLost(thread, missing, ticks);
        }

        _sorter.FlushAll();
        _translator.Region.Clear();
        if ((flags & 1) != 0)
        {
            _threads.Clear();
            _losses.Clear();
        }

        if ((flags & 2) != 0)
            _types.Clear();
        return !cursor.Failed;
    }

    private bool Threads(ReadOnlySpan<byte> block)
    {
        var cursor = new SpanCursor(block);
        while (cursor.Left > 0)
        {
            var row = new SpanCursor(cursor.Bytes(cursor.Number<ushort>()));
            ulong index = row.VarUInt();
            (long Pid, long Tid, string? Name) thread = (_header!.ProcessId, 0, null);
            while (row.Left > 0)
            {
                switch (row.Number<byte>())
                {
                    case 1:
                        thread.Name = System.Text.Encoding.UTF8.GetString(row.Utf8());
                        break;
                    case 2:
                        thread.Pid = (long)row.VarUInt();
                        break;
                    case 3:
                        thread.Tid = (long)row.VarUInt();
                        break;
                    case 4:
                        row.Utf8();
                        row.Utf8();
                        break;
                    default:
                        row.Bytes(-1);
                        break;
                }
            }

            if (cursor.Failed)
                return false;
            _threads[index] = thread;
        }

        return !cursor.Failed;
    }

    private bool RemoveThreads(ReadOnlySpan<byte> block)
    {
        var cursor = new SpanCursor(block);
        while (cursor.Left > 0)
        {
            ulong index = cursor.VarUInt();
            uint sequence = (uint)cursor.VarUInt();
            if (cursor.Failed)
                return false;
            if (_losses.End(index, sequence) is var missing and > 0)
                AddLost(index, missing, _lastTicks);
            _threads.Remove(index);
        }

        return true;
    }
}
