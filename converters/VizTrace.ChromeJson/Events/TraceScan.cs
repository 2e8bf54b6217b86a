using VizTrace.Model;

namespace VizTrace.ChromeJson.Events;

/// <summary>
/// Goes through a file from its beginning to its end: finds the members of the root and the events. What is derived from it makes of them what
/// it wants. Bytes leave memory only through <see cref="OnSlide"/>.
/// </summary>
internal abstract partial class TraceScan(Stream stream)
{
    private readonly EventSplitter _splitter = new();
    private readonly ValueSkipper _skipper = new();

    /// <summary>The file.</summary>
    protected JsonText Text { get; } = new(stream);

    /// <summary>The event at hand.</summary>
    protected EventFields Fields { get; } = new();

    /// <summary>Whether the root is an array.</summary>
    protected bool IsArrayForm { get; private set; }

    /// <summary>Whether the array of events (or of samples) is open.</summary>
    protected bool IsInArray { get; private set; }

    /// <summary>Whether the root is open.</summary>
    protected bool IsInRoot { get; private set; }

    /// <summary>Whether the object of the stack frames is open.</summary>
    protected bool IsInFrames { get; private set; }

    /// <summary>Whether a large member was handed on before its end was seen.</summary>
    protected bool IsInLargeMember { get; private set; }

    /// <summary>What ended the reading; null: the file's end.</summary>
    public JsonDamage? Damage { get; private set; }

    /// <summary>Bytes of the file that were read.</summary>
    public long BytesRead => Text.Base + Text.End;

    /// <summary>Byte at which something other than blanks stands behind the end; null: nothing does.</summary>
    public long? BehindTheEnd { get; private set; }

    /// <summary>Reads all of it.</summary>
    /// <exception cref="TraceException"><see cref="ErrorId.BadInput"/>: no trace of this format.</exception>
    public void Run()
    {
        bool sawEvents = false;
        try
        {
            bool any = More();
            if (any && Text.Buffer.AsSpan(0, Text.End).StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
                Text.At = 3;
            int first = Peek();
            if (first < 0)
                throw NoTrace(BytesRead == 0 ? "the file is empty" : "it holds nothing but blanks");
            if (first is not ('[' or '{'))
                throw NoTrace($"neither an object nor an array at byte {Text.Base + Text.At}");
            IsArrayForm = first == '[';
            IsInRoot = true;
            Text.At++;
            if (IsArrayForm)
            {
                sawEvents = true;
                EventArray(isSamples: false);
            }
            else
            {
                Root(ref sawEvents);
            }

            if (!IsInArray)
            {
                IsInRoot = false;
                if (Peek() >= 0)
                    BehindTheEnd = Text.Base + Text.At;
            }
        }
        catch (JsonDamage damage)
        {
            if (!sawEvents)
                throw NoTrace($"{damage.Message} at byte {damage.Offset}", damage);
            Damage = damage;
        }

        if (!sawEvents)
            throw NoTrace("an object without \"traceEvents\"");
        OnEnd();
    }

    /// <summary>An array of events begins; <see cref="JsonText.At"/> is behind its bracket.</summary>
    protected abstract void OnArrayBegin(bool isSamples);

    /// <summary>An event: what parts it from the one before is from <paramref name="lead"/> to <paramref name="start"/>.</summary>
    protected abstract void OnEvent(int lead, int start, int end, bool isSample);

    /// <summary>The array ends at <paramref name="bracket"/>; what stands before it is from <see cref="JsonText.At"/> on.</summary>
    protected abstract void OnArrayEnd(int bracket);

    /// <summary>A member of the root that is no array of events.</summary>
    protected abstract void OnMember(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value);

    /// <summary>A frame of the root's <c>stackFrames</c>.</summary>
    protected abstract void OnStackFrame(ReadOnlySpan<byte> id, ReadOnlySpan<byte> frame);

    /// <summary>What is before <see cref="JsonText.At"/> leaves memory.</summary>
    protected abstract void OnSlide();

    /// <summary>Nothing more comes.</summary>
    protected abstract void OnEnd();

    /// <summary>Reads more; false at the end of the file.</summary>
    private bool More()
    {
        OnSlide();
        if (Text.Fill())
            return true;
        if (Text.StreamDamage is not null)
            throw new JsonDamage("the compressed data is damaged", Text.Base + Text.End, isCut: false);
        if (Text.IsFull && !Text.IsAtEnd)
            throw new JsonDamage($"a single piece of more than {JsonText.MaxPiece >> 20} MB", Text.Base + Text.At, isCut: false);
        return false;
    }

    /// <summary>The next byte that is no blank, at <see cref="JsonText.At"/>; -1 at the end of the file.</summary>
    private int Peek()
    {
        while (true)
        {
            Text.At = Math.Min(Text.End, EventSplitter.SkipBlanks(Text.Buffer, Text.At));
            if (Text.At < Text.End)
                return Text.Buffer[Text.At];
            if (!More())
                return -1;
        }
    }

    private void EventArray(bool isSamples)
    {
        IsInArray = true;
        OnArrayBegin(isSamples);
        EventFields fields = Fields;
        while (true)
        {
            byte[] buffer = Text.Buffer;
            int end = Text.End;
            int lead = Text.At;
            int start = EventSplitter.SkipBlanks(buffer, lead);
            while (buffer[start] == (byte)',')
                start = EventSplitter.SkipBlanks(buffer, start + 1);
            int next;
            if (start >= end)
            {
                next = EventSplitter.NeedMore;
            }
            else if (buffer[start] == (byte)'{')
            {
                next = _splitter.Split(buffer, start, end, fields);
            }
            else if (buffer[start] == (byte)']')
            {
                OnArrayEnd(start);
                Text.At = start + 1;
                IsInArray = false;
                return;
            }
            else
            {
                fields.Clear();
                next = _splitter.Skip(buffer, start, end);
            }

            if (next > 0)
            {
                OnEvent(lead, start, next, isSamples);
                Text.At = next;
                continue;
            }

            if (next == EventSplitter.Bad)
                throw Bad();
            if (More())
                continue;
            if (start < end)
                throw new JsonDamage($"the file ends in the middle of the event that begins at byte {Text.Base + start - lead}", BytesRead, isCut: true);
            if (!IsArrayForm)
                throw new JsonDamage("the file ends within its events", BytesRead, isCut: true);
            // The array form may end without its bracket.
            return;
        }
    }

    private JsonDamage Bad() => new(_splitter.BadWhat, Text.Base + _splitter.BadAt, isCut: false);

    private static TraceException NoTrace(string what, Exception? inner = null) =>
        new(ErrorId.BadInput, "no trace-event JSON: " + what, inner);
}
