using VizTrace.ChromeJson;
using VizTrace.Model.Events;

namespace VizTrace.Traces.Benchmarks;

/// <summary>The steps of our own JSON filter, apart: processor time of one thread each, best of three.</summary>
internal static class Measurements
{
    public static void Json(string path)
    {
        var trace = new ChromeJsonTrace(() => new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1));
        var counting = new Counting();
        double megabytes = new FileInfo(path).Length / 1e6;
        string output = path + ".measured";
        void Step(string name, Action action)
        {
            double best = double.MaxValue;
            for (int round = 0; round < 3; round++)
            {
                TimeSpan before = Environment.CpuUsage.TotalTime;
                action();
                best = Math.Min(best, (Environment.CpuUsage.TotalTime - before).TotalSeconds);
            }

            Console.WriteLine($"{name,-28} {megabytes / best,8:F0} MB/s {trace.Facts.Events / 1e6 / best,8:F2} M events/s");
        }

        Step("survey (cold)", () => new ChromeJsonTrace(() => new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1)).Read(counting, EventParts.None));
        Step("survey", () => new ChromeJsonTrace(() => new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1)).Read(counting, EventParts.None));
        trace.Read(counting, EventParts.None);
        Step("read, all parts", () => trace.Read(counting, EventParts.All));
        int gone = Enumerable.Range(0, trace.Tracks.Count).First(t => trace.Tracks[t].Tid == 5000);
        Step("rewrite, one thread gone", () => Write(output, s => trace.Rewrite(s, new WithoutRow(gone, byTrack: true), Ledger.Empty, new RewriteOptions())));
        Step("rewrite, each event judged", () => Write(output, s => trace.Rewrite(s, new WithoutRow(gone, byTrack: false), Ledger.Empty, new RewriteOptions())));
        Step("rewrite to nowhere", () => trace.Rewrite(Stream.Null, new WithoutRow(gone, byTrack: true), Ledger.Empty, new RewriteOptions()));
        Step("event writer", () => Write(output, s =>
        {
            using var writer = new ChromeJsonEventWriter(s, new ChromeJsonWriterOptions { LeaveOpen = true });
            writer.Begin(trace, null);
            trace.Read(writer, EventParts.All);
            writer.Finish(Ledger.Empty);
        }));
        File.Delete(output);
    }

    private static void Write(string path, Action<Stream> write)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1);
        write(file);
    }

    private sealed class Counting : IEventSink
    {
        private long _sum;

        public void Event(scoped in TraceEvent e) => _sum += e.Name + e.TimeNs;
    }

    private sealed class WithoutRow(int row, bool byTrack) : IEventJudge
    {
        public EventParts Parts => EventParts.Times | EventParts.Names;

        public bool DecidesByTrack => byTrack;

        public bool KeepsTrack(int track) => track != row;

        public bool KeepsEventsOf(int track) => track != row;

        public Verdict Judge(scoped in TraceEvent e, EventEdit edit) => e.Track == row ? Verdict.Drop : Verdict.Keep;
    }
}
