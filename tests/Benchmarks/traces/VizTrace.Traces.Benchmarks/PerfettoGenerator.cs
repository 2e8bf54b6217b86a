namespace VizTrace.Traces.Benchmarks;

/// <summary>
/// Perfetto protobuf, uncompressed packets: a sequence for each thread, with its row and an incremental clock as defaults and names interned
/// where they are first used; flows and arguments on some events. Field numbers: proto/perfetto_subset.proto; flow_ids is 47.
/// </summary>
internal static class PerfettoGenerator
{
    private const int ClockId = 64;
    private const ulong ProcessUuid = 1;
    private const ulong StartNs = 1_000_000_000;

    public static void Write(Stream output, long bytes, int seed)
    {
        using var buffered = new BufferedStream(output, 1 << 20);
        var workload = new Workload(seed);
        var packet = new ProtoText();
        var part = new ProtoText();
        var inner = new ProtoText();
        var framed = new ProtoText();
        long written = 0;
        var knownNames = new bool[Workload.Threads, Workload.Functions];
        var lastNs = new long[Workload.Threads];

        void Put()
        {
            framed.Clear().Message(1, packet);
            buffered.Write(framed.Bytes);
            written += framed.Bytes.Length;
        }

        inner.Clear().Number(1, Workload.Pid).Text(6, "Shop");
        part.Clear().Number(1, ProcessUuid).Message(3, inner);
        packet.Clear().Message(60, part).Number(10, 1000);
        Put();
        for (int thread = 0; thread < Workload.Threads; thread++)
        {
            inner.Clear().Number(1, Workload.Pid).Number(2, (ulong)(5000 + thread)).Text(5, Workload.ThreadName(thread));
            part.Clear().Number(1, (ulong)(10 + thread)).Number(5, ProcessUuid).Message(4, inner);
            packet.Clear().Message(60, part).Number(10, (ulong)(1 + thread));
            Put();
            var clock = new ProtoText().Number(1, ClockId).Number(2, StartNs).Number(3, 1);
            var boot = new ProtoText().Number(1, 6).Number(2, StartNs);
            part.Clear().Message(1, clock).Message(1, boot);
            var defaults = new ProtoText().Number(58, ClockId).Message(11, new ProtoText().Number(11, (ulong)(10 + thread)));
            packet.Clear().Message(6, part).Number(10, (ulong)(1 + thread)).Number(13, 1).Message(59, defaults);
            Put();
        }

        // A call's end in the workload comes with its begin's time: what is told here is the end itself.
        while (written < bytes)
        {
            Step step = workload.Next();
            long timeNs = step.TimeNs + step.DurationNs;
            part.Clear().Number(9, step.IsBegin ? 1UL : 2UL);
            bool isNew = step.IsBegin && !knownNames[step.Thread, step.Function];
            if (step.IsBegin)
            {
                part.Number(10, (ulong)(step.Function + 1));
                knownNames[step.Thread, step.Function] = true;
            }
            else if (step.Flow != 0)
            {
                part.Fixed64(47, (step.Flow + 1) / 2);
            }

            if (step.Argument >= 0)
                part.Message(4, inner.Clear().Text(10, "order").Number(4, (ulong)step.Argument));
            packet.Clear().Number(8, (ulong)(timeNs - lastNs[step.Thread])).Message(11, part).Number(10, (ulong)(1 + step.Thread)).Number(13, 2);
            lastNs[step.Thread] = timeNs;
            if (isNew)
            {
                inner.Clear().Number(1, (ulong)(step.Function + 1)).Text(2, Workload.FunctionName(step.Function));
                packet.Message(12, part.Clear().Message(2, inner));
            }

            Put();
        }
    }
}
