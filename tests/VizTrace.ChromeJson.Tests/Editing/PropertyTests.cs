using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using VizTrace.ChromeJson.Tests.Events;
using VizTrace.Model;
using VizTrace.Model.Events;
using Xunit;

namespace VizTrace.ChromeJson.Tests.Editing;

/// <summary>Random files against a reference that has them in memory as a whole.</summary>
public sealed class PropertyTests
{
    private static readonly Config s_config = Config.QuickThrowOnFailure.WithMaxTest(300);

    [Fact]
    public void WhatStaysIsExactlyWhatTheReferenceKeeps() =>
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), ArbMap.Default.ArbFor<byte>(), (seed, size) =>
        {
            string json = RandomTrace.Of(seed, size % 60);
            long ordinal = 0;
            List<string> ofOrdinals = RandomTrace.Elements(json, _ => ordinal++ % 3 != seed % 3);
            string byOrdinal = Rewritten.By(json, _ => new Judge { Decide = (scoped in TraceEvent e, EventEdit _) => e.Ordinal % 3 == seed % 3 ? Verdict.Drop : Verdict.Keep });
            List<string> ofThreads = RandomTrace.Elements(json, e => RandomTrace.Text(e, "tid") != "11" || RandomTrace.Text(e, "ph") == "C");
            string byThread = Rewritten.By(json, trace => new Judge { Rows = row => trace.Tracks[row].Tid != 11 });
            return RandomTrace.Elements(byOrdinal, _ => true).SequenceEqual(ofOrdinals)
                && RandomTrace.Elements(byThread, _ => true).SequenceEqual(ofThreads)
                && Rewritten.By(json, _ => Rewritten.Without()) == json;
        }).Check(s_config);

    [Fact]
    public void TheSourceSeesWhatTheReferenceSees() =>
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), ArbMap.Default.ArbFor<byte>(), (seed, size) =>
        {
            string json = RandomTrace.Of(seed, size % 60);
            List<string> expected = [.. RandomTrace.Elements(json, _ => true).Select(text =>
            {
                using var document = System.Text.Json.JsonDocument.Parse(text);
                System.Text.Json.JsonElement e = document.RootElement;
                return RandomTrace.IsObject(e)
                    ? $"{RandomTrace.Text(e, "ph")} {(long)(decimal.Parse(RandomTrace.Text(e, "ts")!, CultureInfo.InvariantCulture) * 1000)} '{RandomTrace.Text(e, "name")}'"
                    : "nothing";
            })];
            var trace = new ChromeJsonTrace(() => new MemoryStream(Encoding.UTF8.GetBytes(json)));
            trace.Read(new Seen(trace), EventParts.None);
            var seen = new Seen(trace);
            trace.Read(seen, EventParts.All);
            return seen.Lines.SequenceEqual(expected);
        }).Check(s_config);

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 0)]
    [InlineData(3, 5_000_000)]
    public void EventsAcrossTheEdgesOfTheWindowAreWhole(int seed, int longText)
    {
        string json = RandomTrace.Of(seed, 30_000, longText);
        Assert.Equal(json, Rewritten.By(json, _ => Rewritten.Without()));
        long ordinal = 0;
        List<string> expected = RandomTrace.Elements(json, _ => ordinal++ % 2 == 0);
        string written = Rewritten.By(json, _ => new Judge { Decide = (scoped in TraceEvent e, EventEdit _) => e.Ordinal % 2 == 0 ? Verdict.Keep : Verdict.Drop });
        Assert.True(expected.SequenceEqual(RandomTrace.Elements(written, _ => true)));
    }

    [Fact]
    public void MutatedFilesEndInAnAnswer()
    {
        for (int seed = 0; seed < 1500; seed++)
        {
            var random = new Random(seed);
            byte[] json = Encoding.UTF8.GetBytes(RandomTrace.Of(seed, 8));
            for (int i = random.Next(1, 6); i > 0; i--)
                json[random.Next(json.Length)] = (byte)"{}[]\",:\\ 0a\0\xFF"[random.Next(13)];
            try
            {
                var trace = new ChromeJsonTrace(() => new MemoryStream(json));
                trace.Read(new TextSink(trace), EventParts.All);
                var sink = new TextSink(trace);
                trace.Read(sink, EventParts.All);
                Assert.Equal(trace.Facts.Events, sink.Lines.Count);
                var output = new MemoryStream();
                trace.Rewrite(output, Rewritten.Changed(e => (e.TimeNs, e.DropsArgument) = (1, _ => true)), new Ledger("x", []), new RewriteOptions());
                // What was written can be read again, to its end.
                var again = new ChromeJsonTrace(() => new MemoryStream(output.ToArray()));
                again.Read(new TextSink(again), EventParts.None);
                Assert.True(
                    trace.Facts.Events == again.Facts.Events && again.Facts.DamageOffset is null,
                    $"seed {seed}:\n{Encoding.UTF8.GetString(json)}\n{Encoding.UTF8.GetString(output.ToArray())}");
            }
            catch (TraceException e)
            {
                Assert.Equal(ErrorId.BadInput, e.Id);
            }
        }
    }

    private sealed class Seen(ITraceSource source) : IEventSink
    {
        public List<string> Lines { get; } = [];

        public void Event(scoped in TraceEvent e) => Lines.Add(e.Phase == 0
            ? "nothing"
            : string.Create(CultureInfo.InvariantCulture, $"{(char)e.Phase} {e.TimeNs} '{source.Texts.Get(e.Name)}'"));
    }
}
