using System.Globalization;
using System.Text;
using VizTrace.Model.Events;
using VizTrace.Model.Slices;

namespace VizTrace.Profiles;

/// <summary>
/// Collapsed stacks, the input of flame graphs: a line for each distinct stack, <c>thread;outer;inner 123</c>. The number is samples where the
/// trace has any, else ns spent in the innermost frame (<see cref="CollapsedValue"/>). Semicolons and line ends within a
/// name become a colon and a blank. Fed by a walk over the slices; <see cref="Finish"/> writes. Memory grows with the number of distinct
/// stacks. Not thread-safe; the stream is not closed.
/// </summary>
public sealed class CollapsedWriter : ISliceVisitor, IDisposable
{
    private readonly ITraceSource _source;
    private readonly StreamWriter _output;
    private readonly TreeBuilder _builder;
    private readonly CollapsedValue _value;

    /// <summary>Prepares a file of what <paramref name="source"/> has.</summary>
    public CollapsedWriter(Stream output, ITraceSource source, CollapsedValue value = CollapsedValue.Automatic)
    {
        _source = source;
        _output = new StreamWriter(output, new UTF8Encoding(false), 1 << 16, leaveOpen: true) { NewLine = "\n" };
        _builder = new TreeBuilder(source);
        _value = value;
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
        bool hasSamples = _value == CollapsedValue.Samples || (_value == CollapsedValue.Automatic && _builder.HasSamples);
        var path = new List<string>();
        for (int i = 0; i < _builder.Tree.Count; i++)
        {
            ProfileNode node = _builder.Tree[i];
            long value = hasSamples ? node.Samples : node.OwnNs;
            if (value == 0)
                continue;
            path.Clear();
            for (int at = i; _builder.Tree[at].Parent >= 0; at = _builder.Tree[at].Parent)
                path.Add(Safe(_source.Texts.Get(_builder.Tree[at].Name)));
            path.Add(Safe(RowNames.Of(_source.Tracks, node.Track)));
            for (int n = path.Count - 1; n >= 0; n--)
            {
                _output.Write(path[n]);
                _output.Write(n > 0 ? ';' : ' ');
            }

            _output.WriteLine(value.ToString(CultureInfo.InvariantCulture));
        }

        _output.Flush();
    }

    /// <inheritdoc/>
    public void Dispose() => _output.Dispose();

    private static string Safe(string name) => name.Length == 0 ? "(no name)" : name.Replace(';', ':').Replace('\n', ' ').Replace('\r', ' ');
}
