using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace VizTrace.ChromeJson;

/// <summary>One event as it stands in the file. Used again for every event: reading one allocates nothing.</summary>
internal sealed class RawEvent
{
    private char[] _name = new char[256];
    private char[] _category = new char[256];
    private int _nameLength;
    private int _categoryLength;

    /// <summary>Its kind: <c>X</c>, <c>B</c>, …; 0 when it has none.</summary>
    public char Phase { get; private set; }

    /// <summary>Name, unescaped.</summary>
    public ReadOnlySpan<char> Name => _name.AsSpan(0, _nameLength);

    /// <summary>Category, unescaped.</summary>
    public ReadOnlySpan<char> Category => _category.AsSpan(0, _categoryLength);

    /// <summary>Process id, or the text that stands for it.</summary>
    public RowKey Pid { get; private set; }

    /// <summary>Thread id, or the text that stands for it.</summary>
    public RowKey Tid { get; private set; }

    /// <summary>Time in ns; null when it has none that is a number.</summary>
    public long? TimeNs { get; private set; }

    /// <summary>Duration in ns; null when it has none that is a number.</summary>
    public long? DurationNs { get; private set; }

    /// <summary>Where the args begin, relative to the window; equal to <see cref="ArgsEnd"/> when it has none.</summary>
    public int ArgsStart { get; private set; }

    /// <summary>Where the args end.</summary>
    public int ArgsEnd { get; private set; }

    /// <summary>
    /// Reads the event whose opening brace <paramref name="reader"/> has just read; false when the window ends before it does, and then it
    /// has to be read again from its start.
    /// </summary>
    public bool TryRead(ref Utf8JsonReader reader)
    {
        Phase = '\0';
        _nameLength = _categoryLength = ArgsStart = ArgsEnd = 0;
        Pid = Tid = default;
        TimeNs = DurationNs = null;
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.EndObject)
                return true;
            Field field = FieldOf(reader.ValueSpan);
            if (!reader.Read())
                return false;
            int start = (int)reader.TokenStartIndex;
            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
            {
                bool isArgs = field == Field.Args && reader.TokenType == JsonTokenType.StartObject;
                if (!reader.TrySkip())
                    return false;
                if (isArgs)
                    (ArgsStart, ArgsEnd) = (start, (int)reader.BytesConsumed);
                continue;
            }

            Take(field, ref reader);
        }

        return false;
    }

    /// <summary>
    /// The text of a string token, unescaped, invalid UTF-8 replaced. A lone surrogate behind a <c>\u</c> leaves the text as it is written.
    /// </summary>
    internal static int CopyText(ref Utf8JsonReader reader, ref char[] to)
    {
        if (to.Length < reader.ValueSpan.Length)
            to = new char[reader.ValueSpan.Length * 2];
        if (reader.ValueIsEscaped)
        {
            try
            {
                return reader.CopyString(to);
            }
            catch (InvalidOperationException)
            {
                // The one way in which the framework tells that an escape is half a character.
            }
        }

        return Encoding.UTF8.GetChars(reader.ValueSpan, to);
    }

    private void Take(Field field, ref Utf8JsonReader reader)
    {
        bool isText = reader.TokenType == JsonTokenType.String;
        bool isNumber = reader.TokenType == JsonTokenType.Number;
        switch (field)
        {
            case Field.Phase when isText && reader.ValueSpan.Length == 1:
                Phase = (char)reader.ValueSpan[0];
                break;
            case Field.Name when isText:
                _nameLength = CopyText(ref reader, ref _name);
                break;
            case Field.Category when isText:
                _categoryLength = CopyText(ref reader, ref _category);
                break;
            case Field.Pid when isText || isNumber:
                Pid = KeyOf(ref reader);
                break;
            case Field.Tid when isText || isNumber:
                Tid = KeyOf(ref reader);
                break;
            case Field.Time when (isText || isNumber) && Microseconds.TryRead(reader.ValueSpan, out long time):
                TimeNs = time;
                break;
            case Field.Duration when (isText || isNumber) && Microseconds.TryRead(reader.ValueSpan, out long duration):
                DurationNs = duration;
                break;
        }
    }

    private static RowKey KeyOf(ref Utf8JsonReader reader)
    {
        ReadOnlySpan<byte> text = reader.ValueSpan;
        if (Utf8Parser.TryParse(text, out long number, out int used) && used == text.Length)
            return new RowKey(number, null);
        if (Utf8Parser.TryParse(text, out double real, out used) && used == text.Length && Math.Abs(real) < 9e15)
            return new RowKey((long)real, null);
        char[] name = new char[text.Length];
        return new RowKey(0, new string(name, 0, CopyText(ref reader, ref name)));
    }

    private static Field FieldOf(ReadOnlySpan<byte> key) => key.Length switch
    {
        2 when key.SequenceEqual("ph"u8) => Field.Phase,
        2 when key.SequenceEqual("ts"u8) => Field.Time,
        3 when key.SequenceEqual("pid"u8) => Field.Pid,
        3 when key.SequenceEqual("tid"u8) => Field.Tid,
        3 when key.SequenceEqual("dur"u8) => Field.Duration,
        3 when key.SequenceEqual("cat"u8) => Field.Category,
        4 when key.SequenceEqual("name"u8) => Field.Name,
        4 when key.SequenceEqual("args"u8) => Field.Args,
        _ => Field.Other,
    };

    private enum Field
    {
        Other,
        Phase,
        Name,
        Category,
        Pid,
        Tid,
        Time,
        Duration,
        Args,
    }
}

/// <summary>A process's or thread's id in the file: a number, or a text that stands for one.</summary>
internal readonly record struct RowKey(long Number, string? Text);
