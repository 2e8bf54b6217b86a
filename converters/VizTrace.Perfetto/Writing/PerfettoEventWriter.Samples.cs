using VizTrace.Model.Events;
using VizTrace.Perfetto.Events;

namespace VizTrace.Perfetto.Writing;

// Stack samples: one sequence for all of them, on which stacks are interned.
public sealed partial class PerfettoEventWriter
{
    private readonly HashSet<int> _stacks = [];
    private readonly HashSet<int> _modules = [];
    private readonly HashSet<int> _functions = [];
    private readonly Dictionary<(int Function, int Module), int> _frames = [];
    private bool _samplesStarted;
    private long _lastSampleNs;

    private void Sample(RowState row, scoped in TraceEvent e)
    {
        if (e.Weight != 1) _weights++;
        if (row.Tid == 0)
        {
            // No thread to the viewer: an instant with the stack.
            EndUntil(row, e.TimeNs);
            Slice(row, in e, EventTypes.Instant);
            return;
        }
        if (!_samplesStarted)
        {
            _samplesStarted = true;
            StartSequence(SampleSequence, 0);
            _lastSampleNs = _snapshotNs;
        }
        _interned.Clear();
        if (e.Stack != 0 && _stacks.Add(e.Stack)) InternStack(e.Stack);
        TellInterned(SampleSequence);
        _event.Clear();
        _event.Number(1, 0);
        _event.Number(2, (ulong)row.Pid);
        _event.Number(3, (ulong)row.Tid);
        if (e.Stack != 0) _event.Number(4, (ulong)e.Stack);
        // In user mode.
        _event.Number(5, 2);
        _packet.Clear();
        _packet.Number(PacketFields.SequenceId, SampleSequence);
        _packet.Bytes(PacketFields.PerfSample, _event.Span);
        _packet.Number(PacketFields.Timestamp, (ulong)unchecked(e.TimeNs - _lastSampleNs));
        _lastSampleNs = e.TimeNs;
        _output.Current.Bytes(1, _packet.Span);
        _output.Full();
    }

    private void InternStack(int stack)
    {
        var frames = new List<int>();
        for (var s = stack; s != 0; s = _source!.Stacks[s].Callers)
        {
            var frame = _source!.Stacks[s];
            if (!_frames.TryGetValue((frame.Function, frame.Module), out var id))
            {
                _frames.Add((frame.Function, frame.Module), id = _frames.Count + 1);
                Frame(id, frame.Function, frame.Module);
            }
            frames.Add(id);
        }
        _inner.Clear();
        _inner.Number(1, (ulong)stack);
        for (var i = frames.Count - 1; i >= 0; i--) _inner.Number(2, (ulong)frames[i]);
        _interned.Bytes(InternedFields.Callstacks, _inner.Span);
    }

    // Every frame has a module: the viewer asks for one. Interning numbers of texts are their ids plus one; 0 means none there.
    private void Frame(int id, int function, int module)
    {
        if (_functions.Add(function)) SampleText(InternedFields.FunctionNames, function);
        if (_modules.Add(module))
        {
            SampleText(InternedFields.MappingPaths, module);
            _inner.Clear();
            _inner.Number(1, (ulong)module + 1);
            _inner.Number(7, (ulong)module + 1);
            _interned.Bytes(InternedFields.Mappings, _inner.Span);
        }
        _inner.Clear();
        _inner.Number(1, (ulong)id);
        _inner.Number(2, (ulong)function + 1);
        _inner.Number(3, (ulong)module + 1);
        // The viewer tells frames apart by address too.
        _inner.Number(4, (ulong)id);
        _interned.Bytes(InternedFields.Frames, _inner.Span);
    }

    private void SampleText(int field, int text)
    {
        _inner.Clear();
        _inner.Number(1, (ulong)text + 1);
        _inner.Bytes(2, Texts.Utf8(text));
        _interned.Bytes(field, _inner.Span);
    }
}
