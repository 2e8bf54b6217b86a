using System.IO.Compression;
using System.Runtime.InteropServices;
using VizTrace.Model.Events;
using VizTrace.Model.Slices;

namespace VizTrace.Profiles;

/// <summary>
/// A profile for pprof: gzipped protobuf (google/pprof, proto/profile.proto). Each distinct stack is a sample with the values calls, time in
/// ns (its innermost frame's own) and, where the trace has samples, samples; the label <c>thread</c> names the row. Fed by a walk over the
/// slices; <see cref="Finish"/> writes. Memory grows with the number of distinct stacks. Not thread-safe; the stream is not closed.
/// </summary>
public sealed class PprofWriter : ISliceVisitor, IDisposable
{
    private readonly ITraceSource _source;
    private readonly GZipStream _output;
    private readonly TreeBuilder _builder;
    private readonly ProtoBuffer _message = new();
    private readonly ProtoBuffer _inner = new();
    private readonly List<string> _texts = [""];
    private readonly Dictionary<string, int> _textIds = new(StringComparer.Ordinal) { [""] = 0 };
    private readonly Dictionary<(int Name, int Module), int> _locations = [];
    private readonly Dictionary<int, int> _mappings = [];

    /// <summary>Prepares a file of what <paramref name="source"/> has.</summary>
    public PprofWriter(Stream output, ITraceSource source)
    {
        _source = source;
        _output = new GZipStream(output, CompressionLevel.Optimal, leaveOpen: true);
        _builder = new TreeBuilder(source);
    }

    /// <inheritdoc/>
    public void Begin(scoped in SliceRow slice, int depth) => _builder.Begin(slice);

    /// <inheritdoc/>
    public void End(scoped in SliceRow slice, long endNs, long endOrdinal, bool isOpen) => _builder.End(slice, endNs);

    /// <inheritdoc/>
    public void Other(scoped in SliceRow row, int depth)
    {
        if (row.Kind == EventKind.Sample)
            _builder.Sample(row);
    }

    /// <summary>Writes the file.</summary>
    public void Finish()
    {
        ValueType("calls", "count");
        ValueType("time", "nanoseconds");
        if (_builder.HasSamples)
            ValueType("samples", "count");
        var stack = new List<long>();
        int thread = Text("thread");
        for (int i = 0; i < _builder.Tree.Count; i++)
            Sample(i, stack, thread);
        Tables();
        if (_builder.FirstNs <= _builder.LastNs)
        {
            _message.Clear();
            if (_source.Facts.RealtimeOffsetNs is { } offset)
                _message.Number(9, offset + _builder.FirstNs);
            _message.Number(10, _builder.LastNs - _builder.FirstNs);
            _message.Number(14, Text(_builder.HasSamples ? "samples" : "time"));
            _output.Write(_message.Written);
        }

        // Last: everything before refers to them. The order of fields does not matter.
        foreach (string text in _texts)
        {
            _message.Clear();
            _message.Text(6, text);
            _output.Write(_message.Written);
        }

        _output.Flush();
    }

    /// <summary>Completes the compressed stream.</summary>
    public void Dispose() => _output.Dispose();

    private void ValueType(string type, string unit)
    {
        _inner.Clear();
        _inner.Number(1, Text(type));
        _inner.Number(2, Text(unit));
        Emit(1);
    }

    private void Sample(int index, List<long> stack, int thread)
    {
        ProfileNode node = _builder.Tree[index];
        if (node is { Calls: 0, Samples: 0 })
            return;
        stack.Clear();
        for (int at = index; _builder.Tree[at].Parent >= 0; at = _builder.Tree[at].Parent)
            stack.Add(Location(_builder.Tree[at].Name, _builder.Tree[at].Module));
        _inner.Clear();
        _inner.Packed(1, CollectionsMarshal.AsSpan(stack));
        ReadOnlySpan<long> values = [node.Calls, node.OwnNs, node.Samples];
        _inner.Packed(2, _builder.HasSamples ? values : values[..2]);
        var label = new ProtoBuffer();
        label.Number(1, thread);
        label.Number(2, Text(RowNames.Of(_source.Tracks, node.Track)));
        _inner.Bytes(3, label.Written);
        Emit(2);
    }

    /// <summary>Number of the location of a function; location, function and their numbers are the same, from 1.</summary>
    private int Location(int name, int module)
    {
        if (_locations.TryGetValue((name, module), out int id))
            return id;
        id = _locations.Count + 1;
        _locations.Add((name, module), id);
        return id;
    }

    private void Tables()
    {
        foreach (((int name, int module), int id) in _locations)
        {
            if (module != 0 && !_mappings.ContainsKey(module))
                _mappings.Add(module, _mappings.Count + 1);
            var line = new ProtoBuffer();
            line.Number(1, id);
            _inner.Clear();
            _inner.Number(1, id);
            _inner.Number(2, _mappings.GetValueOrDefault(module));
            _inner.Bytes(4, line.Written);
            Emit(4);
            _inner.Clear();
            _inner.Number(1, id);
            int text = Text(_source.Texts.Get(name));
            _inner.Number(2, text);
            _inner.Number(3, text);
            Emit(5);
        }

        foreach ((int module, int id) in _mappings)
        {
            _inner.Clear();
            _inner.Number(1, id);
            _inner.Number(5, Text(_source.Texts.Get(module)));
            // Names are known: nothing is looked up in the file.
            _inner.Number(7, 1);
            Emit(3);
        }
    }

    private int Text(string text)
    {
        if (_textIds.TryGetValue(text, out int id))
            return id;
        id = _texts.Count;
        _texts.Add(text);
        _textIds.Add(text, id);
        return id;
    }

    private void Emit(int field)
    {
        _message.Clear();
        _message.Bytes(field, _inner.Written);
        _output.Write(_message.Written);
    }
}
