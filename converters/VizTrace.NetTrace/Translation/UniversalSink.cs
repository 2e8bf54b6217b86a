using System.Text;
using VizTrace.Model.Events;

namespace VizTrace.NetTrace.Translation;

/// <summary>Picks the fields of the Universal providers' events by their names.</summary>
internal sealed class UniversalSink : IArgumentSink
{
    public ulong Id { get; private set; }

    public ulong MappingId { get; private set; }

    public long ProcessId { get; private set; }

    public ulong Start { get; private set; }

    public ulong End { get; private set; }

    public long Value { get; private set; }

    public string Name { get; private set; } = "";

    public string FileName { get; private set; } = "";

    public void Clear()
    {
        (Id, MappingId, ProcessId, Start, End, Value) = (0, 0, 0, 0, 0, 0);
        Name = FileName = "";
    }

    public void Text(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (name.SequenceEqual("Name"u8))
            Name = Encoding.UTF8.GetString(value);
        else if (name.SequenceEqual("FileName"u8))
            FileName = Encoding.UTF8.GetString(value);
    }

    public void Unsigned(ReadOnlySpan<byte> name, ulong value)
    {
        if (name.SequenceEqual("Value"u8))
            Value = (long)Math.Min(value, long.MaxValue);
        else if (name.SequenceEqual("Id"u8))
            Id = value;
        else if (name.SequenceEqual("MappingId"u8))
            MappingId = value;
        else if (name.SequenceEqual("ProcessId"u8))
            ProcessId = (long)Math.Min(value, long.MaxValue);
        else if (name.SequenceEqual("StartAddress"u8))
            Start = value;
        else if (name.SequenceEqual("EndAddress"u8))
            End = value;
    }

    public void Integer(ReadOnlySpan<byte> name, long value) => Unsigned(name, unchecked((ulong)value));

    public void Pointer(ReadOnlySpan<byte> name, ulong value) => Unsigned(name, value);

    public void Real(ReadOnlySpan<byte> name, double value)
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
