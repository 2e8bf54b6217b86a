using System.Text;
using VizTrace.Model.Events;

namespace VizTrace.Filters.Applying;

/// <summary>The arguments of an event as an edit leaves them: some gone, some added.</summary>
internal sealed class EditedArguments : IArgumentReader, IArgumentSink
{
    private readonly List<byte[]> _names = [];
    private IArgumentReader? _inner;
    private EventEdit? _edit;
    private IArgumentSink? _sink;
    private int _depth;
    private int _skipped;

    /// <summary>Begins with an event.</summary>
    public void Set(IArgumentReader? inner, EventEdit edit) => (_inner, _edit) = (inner, edit);

    /// <inheritdoc/>
    public void Read(ReadOnlySpan<byte> raw, IArgumentSink sink)
    {
        _sink = sink;
        _depth = _skipped = 0;
        if (_edit!.DropsArgument is null)
            _inner?.Read(raw, sink);
        else
            _inner?.Read(raw, this);
        foreach ((string name, object value) in _edit.Added)
        {
            byte[] utf8 = Utf8(name);
            if (value is long number)
                sink.Integer(utf8, number);
            else if (value is bool truth)
                sink.Boolean(utf8, truth);
            else
                sink.Text(utf8, Encoding.UTF8.GetBytes((string)value));
        }
    }

    public void Text(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (Stays(name))
            _sink!.Text(name, value);
    }

    public void Integer(ReadOnlySpan<byte> name, long value)
    {
        if (Stays(name))
            _sink!.Integer(name, value);
    }

    public void Unsigned(ReadOnlySpan<byte> name, ulong value)
    {
        if (Stays(name))
            _sink!.Unsigned(name, value);
    }

    public void Pointer(ReadOnlySpan<byte> name, ulong value)
    {
        if (Stays(name))
            _sink!.Pointer(name, value);
    }

    public void Real(ReadOnlySpan<byte> name, double value)
    {
        if (Stays(name))
            _sink!.Real(name, value);
    }

    public void Boolean(ReadOnlySpan<byte> name, bool value)
    {
        if (Stays(name))
            _sink!.Boolean(name, value);
    }

    public void Null(ReadOnlySpan<byte> name)
    {
        if (Stays(name))
            _sink!.Null(name);
    }

    public void Json(ReadOnlySpan<byte> name, ReadOnlySpan<byte> json)
    {
        if (Stays(name))
            _sink!.Json(name, json);
    }

    public void BeginDictionary(ReadOnlySpan<byte> name)
    {
        if (Opens(name))
            _sink!.BeginDictionary(name);
    }

    public void BeginArray(ReadOnlySpan<byte> name)
    {
        if (Opens(name))
            _sink!.BeginArray(name);
    }

    public void EndGroup()
    {
        if (_skipped > 0)
        {
            _skipped--;
            return;
        }

        _depth--;
        _sink!.EndGroup();
    }

    private bool Stays(ReadOnlySpan<byte> name) => _skipped == 0 && (_depth > 0 || !_edit!.DropsArgument!(name));

    private bool Opens(ReadOnlySpan<byte> name)
    {
        if (Stays(name))
        {
            _depth++;
            return true;
        }

        _skipped++;
        return false;
    }

    /// <summary>Names of added arguments are few: each is encoded once.</summary>
    private byte[] Utf8(string name)
    {
        foreach (byte[] known in _names)
        {
            if (known.Length == name.Length && Encoding.UTF8.GetString(known) == name)
                return known;
        }

        byte[] utf8 = Encoding.UTF8.GetBytes(name);
        _names.Add(utf8);
        return utf8;
    }
}
