using System.Globalization;
using System.Text;

namespace VizTrace.Traces.Benchmarks;

/// <summary>Chrome JSON as most tools write it: an object, one complete event a line, names of the threads at the end.</summary>
internal static class JsonGenerator
{
    public static void Write(Stream output, long bytes, int seed)
    {
        var workload = new Workload(seed);
        string[] names = [.. Enumerable.Range(0, Workload.Functions).Select(f => $"\",\"name\":\"{Workload.FunctionName(f)}\",\"cat\":\"{Workload.Module(f)}\"")];
        using var text = new StreamWriter(output, new UTF8Encoding(false), 1 << 20);
        text.Write("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n");
        long written = 0;
        char[] line = new char[512];
        while (written < bytes)
        {
            Step step = workload.Next();
            if (step.IsBegin)
                continue;
            int tid = 5000 + step.Thread;
            line.AsSpan().TryWrite(
                CultureInfo.InvariantCulture,
                $"{{\"ph\":\"X\",\"pid\":{Workload.Pid},\"tid\":{tid},\"ts\":{step.TimeNs / 1000}.{step.TimeNs % 1000:D3},\"dur\":{step.DurationNs / 1000}.{step.DurationNs % 1000:D3}{names[step.Function].AsSpan(1)}",
                out int length);
            text.Write(line, 0, length);
            written += length + 3;
            if (step.Argument >= 0)
            {
                line.AsSpan().TryWrite(CultureInfo.InvariantCulture, $",\"args\":{{\"order\":{step.Argument},\"state\":\"in \\\"work\\\"\",\"source\":\"Order.cs:{step.Argument % 900}\"}}", out length);
                text.Write(line, 0, length);
                written += length;
            }

            text.Write("},\n");
            if (step.Flow == 0)
                continue;
            string phase = step.Flow % 2 == 1 ? "s" : "f\",\"bp\":\"e";
            line.AsSpan().TryWrite(
                CultureInfo.InvariantCulture,
                $"{{\"ph\":\"{phase}\",\"pid\":{Workload.Pid},\"tid\":{tid},\"ts\":{step.TimeNs / 1000}.{step.TimeNs % 1000:D3},\"id\":{(step.Flow + 1) / 2},\"name\":\"queue\",\"cat\":\"flow\"}},\n{{\"ph\":\"C\",\"pid\":{Workload.Pid},\"ts\":{step.TimeNs / 1000}.{step.TimeNs % 1000:D3},\"name\":\"queued\",\"args\":{{\"orders\":{step.Flow % 17}}}}},\n",
                out length);
            text.Write(line, 0, length);
            written += length;
        }

        for (int thread = 0; thread < Workload.Threads; thread++)
            text.Write($"{{\"ph\":\"M\",\"pid\":{Workload.Pid},\"tid\":{5000 + thread},\"name\":\"thread_name\",\"args\":{{\"name\":\"{Workload.ThreadName(thread)}\"}}}},\n");
        text.Write($"{{\"ph\":\"M\",\"pid\":{Workload.Pid},\"name\":\"process_name\",\"args\":{{\"name\":\"Shop\"}}}}\n],\"otherData\":{{\"version\":\"Generator\"}}}}\n");
    }
}
