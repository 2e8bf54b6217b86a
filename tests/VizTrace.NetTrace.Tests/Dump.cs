namespace VizTrace.NetTrace.Tests;
public sealed class Dump
{
    [Fact]
    public void D()
    {
        string p = Environment.GetEnvironmentVariable("NT")!;
        var t = new NetTraceTrace(p);
        var e = ListSink.Read(t);
        using var w = new StreamWriter(p + ".txt");
        foreach (var r in Enumerable.Range(0, t.Tracks.Count).Select(i => t.Tracks[i])) w.WriteLine($"row {r.Id} {r.Kind} {r.Parent} {r.Pid} {r.Tid} {r.Name} {r.Role} {r.ManagedId} {r.CommandLine}");
        foreach (var m in t.Facts.Metadata) w.WriteLine(m); foreach (var m in t.Facts.Remarks) w.WriteLine(m);
        foreach (var s in e) { w.Write(s); for (int i = s.Stack; i > 0; i = t.Stacks[i].Callers) w.Write(" < " + t.Texts.Get(t.Stacks[i].Function) + "!" + t.Texts.Get(t.Stacks[i].Module)); w.WriteLine(); }
    }
}
