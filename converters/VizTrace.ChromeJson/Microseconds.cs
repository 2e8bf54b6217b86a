using System.Buffers.Text;
using System.Text;

namespace VizTrace.ChromeJson;

/// <summary>The format's times: microseconds in text, nanoseconds here; no floating point between them.</summary>
internal static class Microseconds
{
    /// <summary>"0000" to "9999", four bytes each: four digits a step.</summary>
    private static readonly byte[] s_digits = MakeDigits();

    /// <summary>Writes <paramref name="ns"/> as microseconds with three decimals; <paramref name="to"/> holds at least 24 bytes.</summary>
    public static int Write(long ns, Span<byte> to)
    {
        int sign = 0;
        ulong value = (ulong)ns;
        if (ns < 0)
        {
            to[0] = (byte)'-';
            sign = 1;
            value = 0UL - value;
        }

        ulong whole = value / 1000;
        uint fraction = (uint)(value - (whole * 1000));
        int length = sign + WriteWhole(whole, to[sign..]);
        // The point first, the three digits over the leading zero of four: ".000" + digits 1..3.
        to[length] = (byte)'.';
        s_digits.AsSpan((int)(fraction * 4) + 1, 3).CopyTo(to[(length + 1)..]);
        return length + 4;
    }

    /// <summary>
    /// Reads microseconds as nanoseconds, rounded half away from zero; exact for up to three decimals, exponents go through a double.
    /// False when the text is no number or does not fit.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> text, out long ns)
    {
        ns = 0;
        if (TryReadPlain(text, ref ns))
            return true;
        int at = text.Length > 0 && text[0] == (byte)'-' ? 1 : 0;
        bool negative = at == 1;
        bool point = false;
        int decimals = 0;
        bool up = false;
        int first = at;
        long value = 0;
        for (; at < text.Length; at++)
        {
            int digit = text[at] - '0';
            if ((uint)digit > 9)
            {
                if (text[at] != (byte)'.' || point)
                    return TryReadDouble(text, out ns);
                point = true;
                continue;
            }

            if (point && ++decimals > 3)
            {
                up |= decimals == 4 && digit >= 5;
                continue;
            }

            if (value > (long.MaxValue - digit) / 10)
                return false;
            value = (value * 10) + digit;
        }

        if (at == first || (point && at == first + 1))
            return false;
        for (; decimals < 3; decimals++)
        {
            if (value > long.MaxValue / 10)
                return false;
            value *= 10;
        }

        if (up && value == long.MaxValue)
            return false;
        ns = up ? value + 1 : value;
        ns = negative ? -ns : ns;
        return true;
    }

    /// <summary>The usual forms, up to fifteen digits before the point and three behind it or none: nothing can overflow.</summary>
    private static bool TryReadPlain(ReadOnlySpan<byte> text, ref long ns)
    {
        long value = 0;
        int at = 0;
        for (; at < text.Length; at++)
        {
            uint digit = (uint)(text[at] - '0');
            if (digit > 9)
                break;
            value = (value * 10) + digit;
        }

        if ((uint)(at - 1) > 14)
            return false;
        if (at == text.Length)
        {
            ns = value * 1000;
            return true;
        }

        if (text.Length - at != 4 || text[at] != (byte)'.')
            return false;
        uint tenths = (uint)(text[at + 1] - '0');
        uint hundredths = (uint)(text[at + 2] - '0');
        uint thousandths = (uint)(text[at + 3] - '0');
        if (tenths > 9 || hundredths > 9 || thousandths > 9)
            return false;
        ns = (value * 1000) + (tenths * 100) + (hundredths * 10) + thousandths;
        return true;
    }

    private static bool TryReadDouble(ReadOnlySpan<byte> text, out long ns)
    {
        ns = 0;
        if (!Utf8Parser.TryParse(text, out double value, out int used) || used != text.Length || !(Math.Abs(value) < 9e15))
            return false;
        ns = (long)Math.Round(value * 1000, MidpointRounding.AwayFromZero);
        return true;
    }

    private static int WriteWhole(ulong value, Span<byte> to)
    {
        // Groups of four digits, lowest first, into the end of a small area; then the leading zeros are left behind.
        Span<byte> area = stackalloc byte[20];
        int at = 20;
        while (value >= 10_000)
        {
            ulong rest = value / 10_000;
            at -= 4;
            s_digits.AsSpan((int)(value - (rest * 10_000)) * 4, 4).CopyTo(area[at..]);
            value = rest;
        }

        at -= 4;
        s_digits.AsSpan((int)value * 4, 4).CopyTo(area[at..]);
        at += value >= 1000 ? 0 : value >= 100 ? 1 : value >= 10 ? 2 : 3;
        area[at..].CopyTo(to);
        return 20 - at;
    }

    private static byte[] MakeDigits()
    {
        byte[] digits = new byte[40_000];
        for (int i = 0; i < 10_000; i++)
            Encoding.ASCII.GetBytes(i.ToString("D4", System.Globalization.CultureInfo.InvariantCulture), digits.AsSpan(i * 4));
        return digits;
    }
}
