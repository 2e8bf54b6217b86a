using System.Buffers.Text;
using System.Globalization;
using System.IO.Hashing;
using System.Text;

namespace VizTrace.ChromeJson.Rows;

/// <summary>Ids as the format has them: numbers, numbers in texts, hexadecimal ones, any text.</summary>
internal static class IdText
{
    /// <summary>A whole number; false: see <see cref="KeyOf"/>.</summary>
    public static bool TryWhole(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        int at = !text.IsEmpty && text[0] == (byte)'-' ? 1 : 0;
        if (text.Length == at || text.Length > 18)
            return false;
        bool negative = at == 1;
        long sum = 0;
        for (; at < text.Length; at++)
        {
            uint digit = (uint)(text[at] - '0');
            if (digit > 9)
                return false;
            sum = (sum * 10) + digit;
        }

        value = negative ? -sum : sum;
        return true;
    }

    /// <summary>Any process's or thread's id; <paramref name="text"/> without escapes.</summary>
    public static RowKey KeyOf(ReadOnlySpan<byte> text)
    {
        if (TryWhole(text, out long whole) || (Utf8Parser.TryParse(text, out whole, out int used) && used == text.Length))
            return new RowKey(whole, null);
        if (Utf8Parser.TryParse(text, out double real, out used) && used == text.Length && Math.Abs(real) < 9e15)
            return new RowKey((long)real, null);
        return new RowKey(0, Encoding.UTF8.GetString(text));
    }

    /// <summary>The number of an asynchronous row's or a flow's id: <c>31</c>, <c>0x1f</c>; false when it is none.</summary>
    public static bool TryNumber(ReadOnlySpan<byte> text, out ulong number)
    {
        if (text.StartsWith("0x"u8) || text.StartsWith("0X"u8))
            return ulong.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);
        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    /// <summary>A number that stands for an id of any kind, and for what parts its range from another.</summary>
    public static ulong Hash(ReadOnlySpan<byte> id, long range) => XxHash3.HashToUInt64(id, range);
}
