using System.Globalization;

namespace VizTrace.Cli;

/// <summary>Numbers for people, the same in every language.</summary>
internal static class Quantity
{
    /// <summary><c>1,234,567</c>.</summary>
    public static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary><c>1 call</c>, <c>2 calls</c>.</summary>
    public static string Number(long value, string one, string? many = null) => $"{Number(value)} {(value == 1 ? one : many ?? one + "s")}";

    /// <summary><c>812 bytes</c>, <c>1.5 KB</c>, <c>3.2 GB</c>: powers of 1000, as file managers show them.</summary>
    public static string Bytes(long value) => value switch
    {
        < 1000 => Number(value, "byte"),
        < 1000_000 => Decimals(value / 1e3, 1) + " KB",
        < 1000_000_000 => Decimals(value / 1e6, 1) + " MB",
        _ => Decimals(value / 1e9, 1) + " GB",
    };

    /// <summary><c>12 ns</c>, <c>1.234 us</c>, <c>1.234 ms</c>, <c>1.234 s</c>.</summary>
    public static string Time(long ns) => Math.Abs((decimal)ns) switch
    {
        < 1000 => $"{ns} ns",
        < 1000_000 => Decimals(ns / 1e3, 3) + " us",
        < 1000_000_000 => Decimals(ns / 1e6, 3) + " ms",
        _ => Decimals(ns / 1e9, 3) + " s",
    };

    /// <summary>With as many decimals, and commas between thousands.</summary>
    public static string Decimals(double value, int decimals) => value.ToString("N" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
