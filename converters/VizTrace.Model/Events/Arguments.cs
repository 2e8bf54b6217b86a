namespace VizTrace.Model.Events;

/// <summary>Decodes the arguments of an event. Belongs to one source and, like it, to one thread at a time.</summary>
public interface IArgumentReader
{
    /// <summary>Hands the arguments in <paramref name="raw"/> to <paramref name="sink"/>, in their order; what is damaged ends them early.</summary>
    void Read(ReadOnlySpan<byte> raw, IArgumentSink sink);
}

/// <summary>
/// Takes arguments one after the other. Names and texts are UTF-8, valid during the call; within an array names are empty.
/// Groups are balanced and at most 64 deep: what lies deeper comes as <see cref="Json"/> or is left out.
/// </summary>
public interface IArgumentSink
{
    /// <summary>A text.</summary>
    void Text(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value);

    /// <summary>A whole number.</summary>
    void Integer(ReadOnlySpan<byte> name, long value);

    /// <summary>A whole number that may be larger than <see cref="long.MaxValue"/>.</summary>
    void Unsigned(ReadOnlySpan<byte> name, ulong value);

    /// <summary>An address.</summary>
    void Pointer(ReadOnlySpan<byte> name, ulong value);

    /// <summary>A number with a fraction, or one that is no number or infinite.</summary>
    void Real(ReadOnlySpan<byte> name, double value);

    /// <summary>True or false.</summary>
    void Boolean(ReadOnlySpan<byte> name, bool value);

    /// <summary>Nothing: JSON's null.</summary>
    void Null(ReadOnlySpan<byte> name);

    /// <summary>A value as JSON text, valid JSON.</summary>
    void Json(ReadOnlySpan<byte> name, ReadOnlySpan<byte> json);

    /// <summary>Named values follow, to the matching <see cref="EndGroup"/>.</summary>
    void BeginDictionary(ReadOnlySpan<byte> name);

    /// <summary>Values without names follow, to the matching <see cref="EndGroup"/>.</summary>
    void BeginArray(ReadOnlySpan<byte> name);

    /// <summary>The innermost group is complete.</summary>
    void EndGroup();
}
