// Makes large traces and filters them in the naive way, for comparison with the command (dotnet run -c Release -- …):
//   generate json|pftrace SIZE FILE SEED   SIZE: 300MB, 2GB
//   naive json|pftrace FILE                one thread left out, the whole file in memory; written beside it as FILE.naive
//   steps json FILE                        the steps of our own reader and writers, apart
using System.Diagnostics;
using System.Globalization;
using VizTrace.Traces.Benchmarks;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
switch (args)
{
    case ["generate", var kind and ("json" or "pftrace"), var size, var path, var seed]:
        using (var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1))
        {
            if (kind == "json")
                JsonGenerator.Write(file, Size(size), int.Parse(seed));
            else
                PerfettoGenerator.Write(file, Size(size), int.Parse(seed));
        }

        return 0;

    case ["naive", var kind and ("json" or "pftrace"), var path]:
        var watch = Stopwatch.StartNew();
        int dropped;
        using (var output = new FileStream(path + ".naive", FileMode.Create))
            dropped = kind == "json" ? NaiveFilters.Json(path, output) : NaiveFilters.Perfetto(path, output);
        double seconds = watch.Elapsed.TotalSeconds;
        using (var self = Process.GetCurrentProcess())
            Console.WriteLine($"naive {kind}: {new FileInfo(path).Length / 1e6 / seconds:F0} MB/s, peak memory {self.PeakWorkingSet64 / 1e6:F0} MB, {dropped} left out");
        File.Delete(path + ".naive");
        return 0;

    case ["steps", "json", var path]:
        Measurements.Json(path);
        return 0;

    default:
        Console.Error.WriteLine("usage: generate json|pftrace SIZE FILE SEED, naive json|pftrace FILE, steps json FILE");
        return 64;
}

static long Size(string text)
{
    string digits = text.TrimEnd('K', 'M', 'G', 'B');
    long unit = text[digits.Length..] switch { "" or "B" => 1, "KB" or "K" => 1_000, "MB" or "M" => 1_000_000, "GB" or "G" => 1_000_000_000, _ => throw new FormatException(text) };
    return long.Parse(digits) * unit;
}
