namespace VizTrace.ChromeJson.Events;

/// <summary>The members of a root that is an object.</summary>
internal abstract partial class TraceScan
{
    private void Root(ref bool sawEvents)
    {
        bool isFirst = true;
        while (true)
        {
            int value = NextMember(ref isFirst, out Part key);
            if (value == 0)
                return;
            byte[] buffer = Text.Buffer;
            ReadOnlySpan<byte> name = buffer.AsSpan(key.Start, key.Length);
            bool isEvents = buffer[value] == (byte)'[' && name.SequenceEqual("traceEvents"u8);
            if (isEvents || (buffer[value] == (byte)'[' && name.SequenceEqual("samples"u8)))
            {
                sawEvents |= isEvents;
                Text.At = value + 1;
                EventArray(isSamples: !isEvents);
            }
            else if (buffer[value] == (byte)'{' && name.SequenceEqual("stackFrames"u8))
            {
                Text.At = value + 1;
                bool isFirstFrame = true;
                IsInFrames = true;
                while (NextMember(ref isFirstFrame, out Part id) is var frame && frame != 0)
                {
                    // The key is before the frame and moves with it.
                    int back = frame - id.Start;
                    int next = WholeValue(ref frame);
                    if (next < 0)
                        throw new JsonDamage($"a stack frame of more than {JsonText.MaxPiece >> 20} MB", Text.Base + frame, isCut: false);
                    OnStackFrame(Text.Buffer.AsSpan(frame - back, id.Length), Text.Buffer.AsSpan(frame, next - frame));
                    Text.At = next;
                }

                IsInFrames = false;
            }
            else
            {
                Member(value, key);
            }
        }
    }

    private void Member(int value, Part key)
    {
        int back = value - key.Start;
        int next = WholeValue(ref value);
        if (next > 0)
        {
            OnMember(Text.Buffer.AsSpan(value - back, key.Length), Text.Buffer.AsSpan(value, next - value));
            Text.At = next;
            return;
        }

        // Too large for memory: handed on as it comes.
        Text.At = value;
        IsInLargeMember = true;
        _skipper.Begin();
        while (true)
        {
            Text.At += _skipper.Skip(Text.Buffer.AsSpan(Text.At, Text.End - Text.At));
            if (_skipper.Damage is { } damage)
                throw new JsonDamage(damage, Text.Base + Text.At, isCut: false);
            if (_skipper.IsDone)
                break;
            if (!More())
                throw new JsonDamage("the file ends in the middle of a member of the root", BytesRead, isCut: true);
        }

        IsInLargeMember = false;
    }

    /// <summary>The position behind the value, which is in memory as a whole then; -1 when it is too large. May move it.</summary>
    private int WholeValue(ref int value)
    {
        while (true)
        {
            int next = _splitter.Skip(Text.Buffer, value, Text.End);
            if (next > 0)
                return next;
            if (next == EventSplitter.Bad)
                throw Bad();
            int ahead = value - Text.At;
            if (Text.IsFull)
                return -1;
            if (!More())
                throw new JsonDamage("the file ends in the middle of a member of the root", BytesRead, isCut: true);
            value = Text.At + ahead;
        }
    }

    /// <summary>
    /// Where the value of the object's next member begins; 0 when the object is over, and then <see cref="JsonText.At"/> is behind it. What
    /// stands before it, the comma and the key, is in memory too.
    /// </summary>
    private int NextMember(ref bool isFirst, out Part key)
    {
        while (true)
        {
            byte[] buffer = Text.Buffer;
            int end = Text.End;
            key = default;
            int p = EventSplitter.SkipBlanks(buffer, Text.At);
            bool comma = buffer[p] == (byte)',';
            if (comma)
                p = EventSplitter.SkipBlanks(buffer, p + 1);
            if (p < end && buffer[p] == (byte)'}')
            {
                Text.At = p + 1;
                return 0;
            }

            if (p < end && (buffer[p] != (byte)'"' || comma == isFirst))
                throw new JsonDamage("neither a member of an object nor its end", Text.Base + p, isCut: false);
            int close = p < end ? _splitter.Skip(buffer, p, end) : EventSplitter.NeedMore;
            if (close > 0)
            {
                key = new Part(p + 1, close - p - 2);
                p = EventSplitter.SkipBlanks(buffer, close);
                if (p < end && buffer[p] != (byte)':')
                    throw new JsonDamage("no colon behind a key", Text.Base + p, isCut: false);
                p = EventSplitter.SkipBlanks(buffer, p + 1);
                if (p < end)
                {
                    isFirst = false;
                    return p;
                }
            }

            if (!More())
                throw new JsonDamage("the file ends before its closing brace", BytesRead, isCut: true);
        }
    }
}
