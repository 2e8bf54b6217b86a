using System.Text;
using VizTrace.Model.Events;

namespace VizTrace.NetTrace.Translation;

/// <summary>Picks an event counter's name, unit and value out of its payload: a mean, or an increment of one that counts.</summary>
internal sealed class CounterSink(TextTable texts) : IArgumentSink
{
    public int Name { get; private set; }

    public string Unit { get; private set; } = "";

    public double Value { get; private set; }

    public bool HasValue { get; private set; }

    public void Clear()
    {
        Name = 0;
        Unit = "";
        HasValue = false;
    }

    public void Text(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (name.SequenceEqual("Name"u8))
            Name = texts.Add(value);
        else if (name.SequenceEqual("DisplayUnits"u8))
            Unit = Encoding.UTF8.GetString(value);
    }

    public void Real(ReadOnlySpan<byte> name, double value)
    {
        if (!name.SequenceEqual("Mean"u8) && !name.SequenceEqual("Increment"u8))
            return;
        Value = value;
        HasValue = true;
    }

    public void Integer(ReadOnlySpan<byte> name, long value)
    {
    }

    public void Unsigned(ReadOnlySpan<byte> name, ulong value)
    {
    }

    public void Pointer(ReadOnlySpan<byte> name, ulong value)
    {
    }

    public void Boolean(ReadOnlySpan<byte> name, bool value)
    {
    }

    public void Null(ReadOnlySpan<byte> name)
    {
    }

    public void Json(ReadOnlySpan<byte> name, ReadOnlySpan<byte> json)
    {
    }

    public void BeginDictionary(ReadOnlySpan<byte> name)
    {
    }

    public void BeginArray(ReadOnlySpan<byte> name)
    {
    }

    public void EndGroup()
    {
    }
}
