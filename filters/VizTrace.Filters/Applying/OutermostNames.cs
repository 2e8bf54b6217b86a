using VizTrace.Model.Events;

namespace VizTrace.Filters.Applying;

/// <summary>Looks at the names of an event's outermost arguments.</summary>
internal sealed class OutermostNames : IArgumentSink
{
    private ArgumentChoice? _choice;
    private int _depth;
    private bool _any;

    /// <summary>Whether any of them is chosen.</summary>
    public bool Any(scoped in TraceEvent e, ArgumentChoice choice)
    {
        if (e.Arguments is null)
            return false;
        _choice = choice;
        _depth = 0;
        _any = false;
        e.ReadArguments(this);
        return _any;
    }

    public void Text(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => See(name);

    public void Integer(ReadOnlySpan<byte> name, long value) => See(name);

    public void Unsigned(ReadOnlySpan<byte> name, ulong value) => See(name);

    public void Pointer(ReadOnlySpan<byte> name, ulong value) => See(name);

    public void Real(ReadOnlySpan<byte> name, double value) => See(name);

    public void Boolean(ReadOnlySpan<byte> name, bool value) => See(name);

    public void Null(ReadOnlySpan<byte> name) => See(name);

    public void Json(ReadOnlySpan<byte> name, ReadOnlySpan<byte> json) => See(name);

    public void BeginDictionary(ReadOnlySpan<byte> name)
    {
        See(name);
        _depth++;
    }

    public void BeginArray(ReadOnlySpan<byte> name)
    {
        See(name);
        _depth++;
    }

    public void EndGroup() => _depth--;

    private void See(ReadOnlySpan<byte> name)
    {
        if (_depth == 0 && !_any)
            _any = _choice!(name);
    }
}
