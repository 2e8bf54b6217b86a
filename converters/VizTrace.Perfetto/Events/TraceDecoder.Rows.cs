using System.Text;
using VizTrace.Model.Events;
using VizTrace.Perfetto.Reading;

namespace VizTrace.Perfetto.Events;

// Descriptors in both forms and the kernel's tree of processes.
internal sealed partial class TraceDecoder
{
    private readonly Dictionary<ulong, CounterKind> _counters = [];

    // How a counter's values are to be read.
    private readonly record struct CounterKind(bool IsIncremental, long Multiplier);

    private void Descriptor(ReadOnlySpan<byte> message)
    {
        ulong uuid = 0, parent = 0;
        long? rank = null;
        string? name = null;
        ReadOnlySpan<byte> process = default, thread = default, counter = default;
        bool isProcess = false, isThread = false, isCounter = false;
        var cursor = new ProtoCursor(message);
        while (cursor.Next())
        {
            switch (cursor.Field)
            {
                case 1: uuid = cursor.Value; break;
                case 5: parent = cursor.Value; break;
                case 2 or 10 or 13: name = _first ? cursor.Text() : null; break;
                case 12: rank = (int)cursor.Value; break;
                case 3:
                    process = cursor.Bytes;
                    isProcess = true;
                    break;
                case 4:
                    thread = cursor.Bytes;
                    isThread = true;
                    break;
                case 8:
                    counter = cursor.Bytes;
                    isCounter = true;
                    break;
            }
        }
        int row;
        if (isThread) row = ThreadDescriptor(thread, uuid, name, false);
        else if (isProcess) row = ProcessDescriptor(process, uuid);
        else row = Rows.OfUuid(uuid);
        if (isCounter) Counter(counter, uuid, row);
        if (row != RowTable.Global) Rows.TellParent(row, parent);
        if (!_first) return;
        var told = _trace.Tracks[row];
        if (!string.IsNullOrEmpty(name) && !isThread && (!isProcess || told.Name == null)) told.Name = name;
        if (rank is { } at) told.SortIndex = at;
    }

    private void Counter(ReadOnlySpan<byte> message, ulong uuid, int row)
    {
        var incremental = false;
        long multiplier = 1;
        string? unit = null, builtin = null;
        var cursor = new ProtoCursor(message);
        while (cursor.Next())
        {
            if (cursor.Field == 5) incremental = cursor.Value != 0;
            else if (cursor.Field == 4 && cursor.Value != 0) multiplier = (long)cursor.Value;
            else if (cursor.Field == 6) unit = cursor.Text();
            else if (cursor.Field == 3) unit ??= cursor.Value switch { 1 => "ns", 2 => "count", 3 => "bytes", _ => null };
            else if (cursor.Field == 1) builtin = cursor.Value switch { 1 => "thread_time", 2 => "thread_instruction_count", _ => null };
        }
        _counters[uuid] = new CounterKind(incremental, multiplier);
        if (!_first) return;
        var told = _trace.Tracks[row];
        told.Kind = TrackKind.Counter;
        told.IsIncremental = incremental;
        told.Unit = unit;
        told.Name ??= builtin;
    }

    private int ProcessDescriptor(ReadOnlySpan<byte> message, ulong uuid)
    {
        long pid = 0;
        long? sort = null;
        string? name = null;
        StringBuilder? command = null;
        var cursor = new ProtoCursor(message);
        while (cursor.Next())
        {
            if (cursor.Field == 1) pid = (int)cursor.Value;
            else if (cursor.Field == 6) name = cursor.Text();
            else if (cursor.Field == 3) sort = (int)cursor.Value;
            else if (cursor.Field == 2 && _first) command = Append(command, cursor.Text());
        }
        var row = Rows.TellProcess(uuid, pid);
        if (!_first) return row;
        var told = _trace.Tracks[row];
        if (!string.IsNullOrEmpty(name)) told.Name = name;
        if (command != null) told.CommandLine = command.ToString();
        if (sort != null) told.SortIndex = sort;
        return row;
    }

    private int ThreadDescriptor(ReadOnlySpan<byte> message, ulong uuid, string? rowName, bool ofSequence)
    {
        long pid = 0, tid = 0;
        long? reference = null, sort = null;
        string? name = null;
        var cursor = new ProtoCursor(message);
        while (cursor.Next())
        {
            if (cursor.Field == 1) pid = (int)cursor.Value;
            else if (cursor.Field == 2) tid = (long)cursor.Value;
            else if (cursor.Field == 3) sort = (int)cursor.Value;
            else if (cursor.Field == 5) name = cursor.Text();
            else if (cursor.Field == 6) reference = (long)cursor.Value;
        }
        var row = Rows.TellThread(uuid, pid, tid);
        if (ofSequence)
        {
            _sequence.OldPid = pid;
            _sequence.OldTid = tid;
            if (reference is { } us) _sequence.TimeUs = _sequence.WrittenUs = us;
        }
        if (!_first) return row;
        var told = _trace.Tracks[row];
        if (string.IsNullOrEmpty(name)) name = rowName;
        if (!string.IsNullOrEmpty(name)) told.Name = name;
        if (sort != null) told.SortIndex = sort;
        return row;
    }

    private void ProcessTree(ReadOnlySpan<byte> message)
    {
        var cursor = new ProtoCursor(message);
        while (cursor.Next())
        {
            if (cursor.Field is not (1 or 2)) continue;
            long id = 0, group = 0;
            string? name = null;
            StringBuilder? command = null;
            var inner = new ProtoCursor(cursor.Bytes);
            while (inner.Next())
            {
                if (inner.Field == 1) id = (int)inner.Value;
                else if (inner.Field == 3 && cursor.Field == 2) group = (int)inner.Value;
                else if (inner.Field == 2 && cursor.Field == 2) name = inner.Text();
                else if (inner.Field == 3 && _first) command = Append(command, inner.Text());
            }
            var row = cursor.Field == 1 ? Rows.OfProcess(id) : Rows.OfThread(group, id);
            // The main thread has a row as soon as its process is told: events of the kernel name it by its tid alone.
            if (cursor.Field == 1) Rows.OfThread(id, id);
            if (!_first) continue;
            var told = _trace.Tracks[row];
            if (cursor.Field == 2)
            {
                if (!string.IsNullOrEmpty(name)) told.Name ??= name;
                continue;
            }
            if (command == null) continue;
            var text = command.ToString();
            told.CommandLine ??= text;
            var space = text.IndexOf(' ', StringComparison.Ordinal);
            told.Name ??= space < 0 ? text : text[..space];
        }
    }

    private static StringBuilder Append(StringBuilder? to, string part) => to == null ? new StringBuilder(part) : to.Append(' ').Append(part);
}
