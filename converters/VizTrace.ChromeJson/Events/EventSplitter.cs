using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace VizTrace.ChromeJson.Events;

/// <summary>
/// Splits an event into its outermost keys and values without looking into the values: vectors find the ends of texts and numbers, and
/// brackets within nested values. Positions are indexes of the buffer, whose end is followed by <see cref="JsonText.Pad"/> readable bytes.
/// Garbage is seen where a key, a colon, a comma or a bracket of the right kind is missing; what stands within numbers is not looked at.
/// </summary>
internal sealed class EventSplitter
{
    /// <summary>Answer: the value does not end before the end of what is in memory.</summary>
    public const int NeedMore = -1;

    /// <summary>Answer: no valid JSON; see <see cref="BadAt"/>.</summary>
    public const int Bad = -2;

    /// <summary>Brackets within brackets at most.</summary>
    public const int MaxDepth = 512;

    private readonly byte[] _open = new byte[MaxDepth];

    /// <summary>Where it went wrong.</summary>
    public int BadAt { get; private set; }

    /// <summary>What went wrong.</summary>
    public string BadWhat { get; private set; } = "";

    /// <summary>Splits the object at <paramref name="at"/>; returns the position behind it, <see cref="NeedMore"/> or <see cref="Bad"/>.</summary>
    public int Split(byte[] buffer, int at, int end, EventFields fields)
    {
        ref byte b = ref MemoryMarshal.GetArrayDataReference(buffer);
        Part[] parts = fields.Parts;
        uint seen = 0, texts = 0, escapes = 0;
        int p = SkipBlanks(ref b, at + 1);
        if (Unsafe.Add(ref b, p) == (byte)'}')
        {
            fields.Clear();
            return p < end ? p + 1 : NeedMore;
        }

        while (true)
        {
            if (Unsafe.Add(ref b, p) != (byte)'"')
                return Fail(p, end, "no key");
            int key;
            switch (Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref b, p + 1)))
            {
                case 'p' | ('h' << 8) | ('"' << 16) | (':' << 24):
                    key = (int)EventKey.Phase;
                    p += 4;
                    break;
                case 't' | ('s' << 8) | ('"' << 16) | (':' << 24):
                    key = (int)EventKey.Time;
                    p += 4;
                    break;
                case 'p' | ('i' << 8) | ('d' << 16) | ('"' << 24):
                    key = (int)EventKey.Pid;
                    p += 5;
                    break;
                case 't' | ('i' << 8) | ('d' << 16) | ('"' << 24):
                    key = (int)EventKey.Tid;
                    p += 5;
                    break;
                case 'd' | ('u' << 8) | ('r' << 16) | ('"' << 24):
                    key = (int)EventKey.Duration;
                    p += 5;
                    break;
                case 'c' | ('a' << 8) | ('t' << 16) | ('"' << 24):
                    key = (int)EventKey.Category;
                    p += 5;
                    break;
                case 'n' | ('a' << 8) | ('m' << 16) | ('e' << 24) when Unsafe.Add(ref b, p + 5) == (byte)'"':
                    key = (int)EventKey.Name;
                    p += 6;
                    break;
                case 'a' | ('r' << 8) | ('g' << 16) | ('s' << 24) when Unsafe.Add(ref b, p + 5) == (byte)'"':
                    key = (int)EventKey.Args;
                    p += 6;
                    break;
                default:
                    int close = EndOfText(ref b, p + 1, end, out _);
                    if (close < 0)
                        return NeedMore;
                    key = (int)KeyOf(buffer.AsSpan(p + 1, close - p - 1));
                    p = close + 1;
                    break;
            }

            p = SkipBlanks(ref b, p);
            if (Unsafe.Add(ref b, p) != (byte)':')
                return Fail(p, end, "no colon behind a key");
            p = SkipBlanks(ref b, p + 1);
            byte first = Unsafe.Add(ref b, p);
            uint bit = 1u << key;
            seen |= bit;
            int to;
            if (first == (byte)'"')
            {
                to = EndOfText(ref b, p + 1, end, out bool escaped);
                if (to < 0)
                    return NeedMore;
                parts[key] = new Part(p + 1, to - p - 1);
                texts |= bit;
                escapes = escaped ? escapes | bit : escapes & ~bit;
                p = to + 1;
            }
            else
            {
                to = first is (byte)'{' or (byte)'[' ? EndOfNested(ref b, p, end) : EndOfPlain(ref b, p, end, first);
                if (to < 0)
                    return to;
                parts[key] = new Part(p, to - p);
                texts &= ~bit;
                p = to;
            }

            p = SkipBlanks(ref b, p);
            byte behind = Unsafe.Add(ref b, p);
            if (behind == (byte)',')
            {
                p = SkipBlanks(ref b, p + 1);
                behind = Unsafe.Add(ref b, p);
                if (behind == (byte)'"')
                    continue;
            }

            if (behind != (byte)'}' || p >= end)
                return Fail(p, end, "neither a comma nor a brace behind a value");
            fields.Seen = seen;
            fields.Texts = texts;
            fields.Escaped = escapes;
            return p + 1;
        }
    }

    /// <summary>The position behind the value at <paramref name="at"/>, of whatever kind.</summary>
    public int Skip(byte[] buffer, int at, int end)
    {
        ref byte b = ref MemoryMarshal.GetArrayDataReference(buffer);
        byte first = Unsafe.Add(ref b, at);
        if (first == (byte)'"')
        {
            int close = EndOfText(ref b, at + 1, end, out _);
            return close < 0 ? close : close + 1;
        }

        return first is (byte)'{' or (byte)'[' ? EndOfNested(ref b, at, end) : EndOfPlain(ref b, at, end, first);
    }

    /// <summary>The first byte from <paramref name="at"/> on that is no blank.</summary>
    public static int SkipBlanks(byte[] buffer, int at) => SkipBlanks(ref MemoryMarshal.GetArrayDataReference(buffer), at);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int SkipBlanks(ref byte b, int p)
    {
        if (Unsafe.Add(ref b, p) > (byte)' ')
            return p;
        while (Unsafe.Add(ref b, p) is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
            p++;
        return p;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int EndOfText(ref byte b, int p, int end, out bool escaped)
    {
        escaped = false;
        while (p < end)
        {
            Vector256<byte> v = Vector256.LoadUnsafe(ref b, (nuint)p);
            uint marks = (Vector256.Equals(v, Vector256.Create((byte)'"')) | Vector256.Equals(v, Vector256.Create((byte)'\\'))).ExtractMostSignificantBits();
            if (marks == 0)
            {
                p += 32;
                continue;
            }

            p += BitOperations.TrailingZeroCount(marks);
            if (Unsafe.Add(ref b, p) == (byte)'"')
                return p < end ? p : NeedMore;
            escaped = true;
            p += 2;
        }

        return NeedMore;
    }

    /// <summary>End of a number or word: a comma, a bracket or a blank stands behind it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int EndOfPlain(ref byte b, int p, int end, byte first)
    {
        // NaN and Infinity are no JSON, but Python writes them.
        if ((uint)(first - '0') > 9 && first is not ((byte)'-' or (byte)'t' or (byte)'f' or (byte)'n' or (byte)'N' or (byte)'I'))
            return Fail(p, end, "no value");
        int start = p;
        while (p < end)
        {
            Vector256<byte> v = Vector256.LoadUnsafe(ref b, (nuint)p);
            Vector256<byte> stops = Vector256.Equals(v, Vector256.Create((byte)','))
                | Vector256.Equals(v | Vector256.Create((byte)0x20), Vector256.Create((byte)'}'))
                | Vector256.LessThanOrEqual(v, Vector256.Create((byte)' '));
            uint marks = stops.ExtractMostSignificantBits();
            if (marks != 0)
            {
                p += BitOperations.TrailingZeroCount(marks);
                return p < end ? p : NeedMore;
            }

            p += 32;
            if (p - start > 4096)
                return Fail(start, end, "a number without an end");
        }

        return NeedMore;
    }

    private int EndOfNested(ref byte b, int p, int end)
    {
        byte[] open = _open;
        int depth = 0;
        ulong inText = 0;
        ulong carry = 0;
        for (; p < end; p += 64)
        {
            Vector256<byte> low = Vector256.LoadUnsafe(ref b, (nuint)p);
            Vector256<byte> high = Vector256.LoadUnsafe(ref b, (nuint)(p + 32));
            ulong quotes = Bits(low, high, (byte)'"');
            ulong backslashes = Bits(low, high, (byte)'\\');
            if ((backslashes | carry) != 0)
                quotes &= ~EscapedBytes(backslashes, ref carry);
            ulong text = PrefixXor(quotes) ^ inText;
            inText = (ulong)((long)text >> 63);
            // '[' and ']' differ from '{' and '}' in this bit alone.
            Vector256<byte> bit = Vector256.Create((byte)0x20);
            ulong marks = (Bits(low | bit, high | bit, (byte)'{') | Bits(low | bit, high | bit, (byte)'}')) & ~text;
            while (marks != 0)
            {
                int at = p + BitOperations.TrailingZeroCount(marks);
                marks &= marks - 1;
                byte c = Unsafe.Add(ref b, at);
                if ((c | 0x20) == (byte)'{')
                {
                    if (depth == MaxDepth)
                        return Fail(at, end, $"brackets more than {MaxDepth} deep");
                    open[depth++] = c;
                    continue;
                }

                // An opening bracket and its closing one differ in two bits.
                if ((open[--depth] ^ c) != 6)
                    return Fail(at, end, "a closing bracket of the wrong kind");
                if (depth == 0)
                    return at < end ? at + 1 : NeedMore;
            }
        }

        return NeedMore;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Bits(Vector256<byte> low, Vector256<byte> high, byte value) =>
        Vector256.Equals(low, Vector256.Create(value)).ExtractMostSignificantBits()
        | ((ulong)Vector256.Equals(high, Vector256.Create(value)).ExtractMostSignificantBits() << 32);

    /// <summary>Bits of the bytes that a backslash stands before; <paramref name="carry"/>: whether the first one is, from block to block.</summary>
    private static ulong EscapedBytes(ulong backslashes, ref ulong carry)
    {
        ulong escaped = carry;
        carry = 0;
        ulong rest = backslashes & ~escaped;
        while (rest != 0)
        {
            int at = BitOperations.TrailingZeroCount(rest);
            rest &= rest - 1;
            if (at == 63)
            {
                carry = 1;
                break;
            }

            ulong next = 2UL << at;
            escaped |= next;
            rest &= ~next;
        }

        return escaped;
    }

    /// <summary>Each bit becomes whether an odd number of bits is set up to it: 1 from an opening quote on to before its closing one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong PrefixXor(ulong bits)
    {
        if (Pclmulqdq.IsSupported)
            return Pclmulqdq.CarrylessMultiply(Vector128.CreateScalar(bits), Vector128<ulong>.AllBitsSet, 0).ToScalar();
        bits ^= bits << 1;
        bits ^= bits << 2;
        bits ^= bits << 4;
        bits ^= bits << 8;
        bits ^= bits << 16;
        return bits ^ (bits << 32);
    }

    private static EventKey KeyOf(ReadOnlySpan<byte> key) => key switch
    {
        _ when key.SequenceEqual("id"u8) => EventKey.Id,
        _ when key.SequenceEqual("s"u8) => EventKey.InstantScope,
        _ when key.SequenceEqual("bp"u8) => EventKey.BindingPoint,
        _ when key.SequenceEqual("ph"u8) => EventKey.Phase,
        _ when key.SequenceEqual("ts"u8) => EventKey.Time,
        _ when key.SequenceEqual("sf"u8) => EventKey.StackFrame,
        _ when key.SequenceEqual("id2"u8) => EventKey.Id2,
        _ when key.SequenceEqual("scope"u8) => EventKey.Scope,
        _ when key.SequenceEqual("stack"u8) => EventKey.Stack,
        _ when key.SequenceEqual("weight"u8) => EventKey.Weight,
        _ when key.SequenceEqual("bind_id"u8) => EventKey.BindId,
        _ when key.SequenceEqual("flow_in"u8) => EventKey.FlowIn,
        _ when key.SequenceEqual("flow_out"u8) => EventKey.FlowOut,
        _ => EventKey.Unknown,
    };

    private int Fail(int at, int end, string what)
    {
        // Behind the end there are no bytes of the file: nothing can be said of them yet.
        if (at >= end)
            return NeedMore;
        BadAt = at;
        BadWhat = what;
        return Bad;
    }
}
