using VizTrace.ChromeJson.Editing;
using VizTrace.ChromeJson.Events;
using VizTrace.ChromeJson.Writing;
using VizTrace.Model.Events;

namespace VizTrace.ChromeJson;

/// <summary>The events.</summary>
public sealed partial class ChromeJsonEventWriter
{
    /// <summary>Slices and instants of a thread.</summary>
    private void ThreadEvent(scoped in TraceEvent e, WrittenRow row)
    {
        // A call that has no end is a begin without one.
        bool isComplete = e.Kind == EventKind.Complete && e.DurationNs >= 0;
        byte[] names = e.Kind == EventKind.End && (e.Name | e.Category) == 0 ? [] : NamesOf(e.Name, e.Category);
        Span<byte> to = _output.Reserve(row.Ids.Length + names.Length + 128);
        int at = Head(to, isComplete ? (byte)'X' : e.Kind switch { EventKind.End => (byte)'E', EventKind.Instant => (byte)'i', _ => (byte)'B' }, e.TimeNs, row);
        if (isComplete)
        {
            ",\"dur\":"u8.CopyTo(to[at..]);
            at += 7;
            at += Microseconds.Write(e.DurationNs, to[at..]);
        }
        else if (e.Kind == EventKind.Instant)
        {
            ",\"s\":\"t\""u8.CopyTo(to[at..]);
            at += 8;
        }

        names.CopyTo(to[at..]);
        _output.Advance(at + names.Length);
        Tail(in e);
        if (e.Flows.Length + e.EndingFlows.Length != 0)
            Flows(in e, row);
    }

    /// <summary>Slices of a row that is told by its id. The format finds it by category and id, and wants both at the end again.</summary>
    private void AsyncEvent(scoped in TraceEvent e, WrittenRow row)
    {
        bool isEnd = e.Kind == EventKind.End;
        (int name, int category) = (e.Name, e.Category);
        if (isEnd && row.Open.Count > 0)
        {
            (int Name, int Category) open = row.Open[^1];
            row.Open.RemoveAt(row.Open.Count - 1);
            (name, category) = open;
        }
        else if (e.Kind == EventKind.Begin)
        {
            row.Open.Add((name, category));
        }

        Async(isEnd ? "e"u8 : "b"u8, e.TimeNs, row, name, category);
        Tail(in e);
        if (e.Kind == EventKind.Complete && e.DurationNs >= 0)
        {
            Async("e"u8, e.TimeNs + e.DurationNs, row, name, category);
            _output.Write("}"u8);
        }

        CountFlows(in e);
    }

    private void Async(ReadOnlySpan<byte> phase, long timeNs, WrittenRow row, int name, int category)
    {
        Head(phase, timeNs, row);
        _output.Write(row.AsyncId);
        Name(default, name);
        if (category == 0)
            _output.Write(",\"cat\":\"\""u8);
        else
            Category(category);
    }

    private void Instant(scoped in TraceEvent e, WrittenRow row)
    {
        if (row.Row.Kind == TrackKind.Async)
        {
            Async("n"u8, e.TimeNs, row, e.Name, e.Category);
        }
        else
        {
            Head("i"u8, e.TimeNs, row);
            _output.Write(row.Row.Kind == TrackKind.Process ? ",\"s\":\"p\""u8 : ",\"s\":\"g\""u8);
            Name(default, e.Name);
            Category(e.Category);
        }

        Tail(in e);
        CountFlows(in e);
    }

    private void Counter(scoped in TraceEvent e, WrittenRow row)
    {
        Head("C"u8, e.TimeNs, row);
        _output.Write(",\"name\":"u8);
        JsonArgumentWriter.Quoted(_output, System.Text.Encoding.UTF8.GetBytes(row.Row.Name ?? ""));
        Category(e.Category);
        if (e.Phase == (byte)'C')
        {
            Tail(in e);
            return;
        }

        _output.Write(",\"args\":{\"value\":"u8);
        if (e.IsInteger)
            _output.Write(e.IntegerValue);
        else
            JsonArgumentWriter.Real(_output, e.Value);
        _output.Write("}}"u8);
    }

    /// <summary>Flows that hang on a slice: an event each, right behind its begin.</summary>
    private void Flows(scoped in TraceEvent e, WrittenRow row)
    {
        foreach (ulong flow in e.Flows)
            Flow(_begunFlows.Add(flow) ? "s"u8 : "t"u8, flow, e.TimeNs, row, 0, 0, bindsEnclosing: true);
        foreach (ulong flow in e.EndingFlows)
        {
            _begunFlows.Remove(flow);
            Flow("f"u8, flow, e.TimeNs, row, 0, 0, bindsEnclosing: true);
        }
    }

    private void Flow(ReadOnlySpan<byte> phase, ulong id, long timeNs, WrittenRow row, int name, int category, bool bindsEnclosing)
    {
        Head(phase, timeNs, row);
        _output.Write(",\"id\":"u8);
        JsonArgumentWriter.Hexadecimal(_output, id);
        if (bindsEnclosing && phase[0] != (byte)'s')
            _output.Write(",\"bp\":\"e\""u8);
        Name("flow"u8, name);
        if (category == 0)
            _output.Write(",\"cat\":\"flow\""u8);
        else
            Category(category);
        _output.Write("}"u8);
    }

    private void CountFlows(scoped in TraceEvent e)
    {
        if (e.Flows.Length + e.EndingFlows.Length > 0)
            LeaveOut("events with flows on rows that are no threads");
    }

    private void Head(ReadOnlySpan<byte> phase, long timeNs, WrittenRow row)
    {
        Span<byte> to = _output.Reserve(row.Ids.Length + 64);
        _output.Advance(Head(to, phase[0], timeNs, row));
    }

    private int Head(Span<byte> to, byte phase, long timeNs, WrittenRow row)
    {
        int at = 0;
        if (_anyEvent)
            to[at++] = (byte)',';
        _anyEvent = true;
        "\n{\"ph\":\"X\","u8.CopyTo(to[at..]);
        to[at + 8] = phase;
        at += 11;
        row.Ids.CopyTo(to[at..]);
        at += row.Ids.Length;
        return at + Microseconds.Write(timeNs - _startNs, to[at..]);
    }

    /// <summary>Name and category as members, made once; a name that comes with several categories has the last one's.</summary>
    private byte[] NamesOf(int name, int category)
    {
        if (name >= _names.Length)
            Array.Resize(ref _names, Math.Max(name + 1, _names.Length * 2));
        ref Named named = ref _names[name];
        if (named.Text is null || named.Category != category)
            named = new Named(category, [.. ",\"name\":"u8, .. Quoted(name), .. category == 0 ? default : ",\"cat\":"u8, .. category == 0 ? default : Quoted(category).AsSpan()]);
        return named.Text;
    }

    private readonly record struct Named(int Category, byte[] Text);

    private void Name(ReadOnlySpan<byte> otherwise, int name)
    {
        _output.Write(",\"name\":"u8);
        if (name != 0 || otherwise.IsEmpty)
            _output.Write(Quoted(name));
        else
            JsonArgumentWriter.Quoted(_output, otherwise);
    }

    private void Category(int category)
    {
        if (category == 0)
            return;
        _output.Write(",\"cat\":"u8);
        _output.Write(Quoted(category));
    }

    /// <summary>Stack, arguments and the closing brace.</summary>
    private void Tail(scoped in TraceEvent e)
    {
        if (e.Stack != 0)
        {
            _output.Write(",\"sf\":"u8);
            _output.Write(e.Stack);
            for (int stack = e.Stack; stack != 0 && _stacks.Add(stack);)
                stack = _source!.Stacks[stack].Callers;
        }

        if (e.Kind == EventKind.Sample && e.Weight != 1)
        {
            _output.Write(",\"weight\":"u8);
            _output.Write(e.Weight);
        }

        if (e.Arguments is not null)
        {
            if (ReferenceEquals(e.Arguments, ChromeArguments.Instance))
            {
                // From a file of this format: as they stand there.
                _output.Write(",\"args\":"u8);
                _output.Write(e.RawArguments);
                _output.Write("}"u8);
                return;
            }

            _output.Write(",\"args\":{"u8);
            _arguments.Begin();
            e.ReadArguments(_arguments);
            _output.Write("}}"u8);
            return;
        }

        _output.Write("}"u8);
    }

    /// <summary>A text in quotes, escaped once.</summary>
    private byte[] Quoted(int text)
    {
        if (text >= _texts.Length)
            Array.Resize(ref _texts, Math.Max(text + 1, _texts.Length * 2));
        return _texts[text] ??= Quote(_source!.Texts.Get(text));
    }

    private static byte[] Quote(string text) => [(byte)'"', .. JsonOutput.Escape(System.Text.Encoding.UTF8.GetBytes(text)).EncodedUtf8Bytes, (byte)'"'];
}
