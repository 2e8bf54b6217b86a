using System.IO.Compression;
using Google.Protobuf;

namespace VizTrace.Profiles.Tests;

/// <summary>pprof files, read back with Google.Protobuf's reader by the numbers of profile.proto.</summary>
public sealed class PprofTests
{
    [Fact]
    public void EveryStackHasItsCallsTimeAndThread()
    {
        Profile profile = Written((s, w) => s.Walk(w));

        Assert.Equal(["calls/count", "time/nanoseconds"], profile.SampleTypes);
        Assert.Equal(["A = 2 800 (Main [11])", "B;\"x\" < A = 2 300 (Main [11])", "C = 1 2800 (Thread 12)"], profile.Samples);
        Assert.Equal((5_001_000L, 3_000L, "time"), (profile.TimeNanos, profile.DurationNanos, profile.Default));
    }

    [Fact]
    public void SamplesAreAValueOfTheirOwnAndModulesMappings()
    {
        Profile profile = Written((s, w) => s.WalkSamples(w));

        Assert.Equal(["calls/count", "time/nanoseconds", "samples/count"], profile.SampleTypes);
        Assert.Equal(["n@app.dll < m@app.dll = 0 0 2 (Main [11])", "m@app.dll = 0 0 1 (Main [11])"], profile.Samples.Order(StringComparer.Ordinal).Reverse());
        Assert.Equal("samples", profile.Default);
    }

    private static Profile Written(Action<Scene, PprofWriter> walk)
    {
        Scene scene = Scene.Usual();
        using var output = new MemoryStream();
        using (var writer = new PprofWriter(output, scene))
        {
            walk(scene, writer);
            writer.Finish();
        }

        output.Position = 0;
        using var gzip = new GZipStream(output, CompressionMode.Decompress);
        var plain = new MemoryStream();
        gzip.CopyTo(plain);
        return new Profile(plain.ToArray());
    }

    private sealed class Profile
    {
        public Profile(byte[] file)
        {
            List<Field> fields = Fields(file);
            string[] texts = [.. fields.Where(f => f.Number == 6).Select(f => System.Text.Encoding.UTF8.GetString(f.Bytes))];
            Assert.Equal("", texts[0]);
            SampleTypes = [.. fields.Where(f => f.Number == 1).Select(f => Fields(f.Bytes)).Select(t => $"{texts[One(t, 1)]}/{texts[One(t, 2)]}")];
            Dictionary<long, string> functions = fields.Where(f => f.Number == 5).Select(f => Fields(f.Bytes)).ToDictionary(f => One(f, 1), f => texts[One(f, 2)]);
            Dictionary<long, string> mappings = fields.Where(f => f.Number == 3).Select(f => Fields(f.Bytes)).ToDictionary(f => One(f, 1), f => texts[One(f, 5)]);
            Dictionary<long, string> locations = fields.Where(f => f.Number == 4).Select(f => Fields(f.Bytes)).ToDictionary(
                f => One(f, 1),
                f => functions[One(Fields(f.Single(l => l.Number == 4).Bytes), 1)] + (One(f, 2) == 0 ? "" : $"@{mappings[One(f, 2)]}"));
            Samples =
            [
                .. fields.Where(f => f.Number == 2).Select(f => Fields(f.Bytes)).Select(s =>
                {
                    List<Field> label = Fields(s.Single(l => l.Number == 3).Bytes);
                    Assert.Equal("thread", texts[One(label, 1)]);
                    return $"{string.Join(" < ", Packed(s, 1).Select(l => locations[l]))} = {string.Join(' ', Packed(s, 2))} ({texts[One(label, 2)]})";
                }),
            ];
            (TimeNanos, DurationNanos, Default) = (One(fields, 9), One(fields, 10), texts[One(fields, 14)]);
        }

        public string[] SampleTypes { get; }

        public string[] Samples { get; }

        public long TimeNanos { get; }

        public long DurationNanos { get; }

        public string Default { get; }

        private static List<Field> Fields(byte[] message)
        {
            var fields = new List<Field>();
            var input = new CodedInputStream(message);
            for (uint tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
            {
                bool isBytes = WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited;
                fields.Add(new Field(WireFormat.GetTagFieldNumber(tag), isBytes ? 0 : input.ReadInt64(), isBytes ? input.ReadBytes().ToByteArray() : []));
            }

            return fields;
        }

        private static long One(List<Field> fields, int number) => fields.SingleOrDefault(f => f.Number == number)?.Value ?? 0;

        private static List<long> Packed(List<Field> fields, int number)
        {
            var values = new List<long>();
            var input = new CodedInputStream(fields.Single(f => f.Number == number).Bytes);
            while (!input.IsAtEnd)
                values.Add(input.ReadInt64());
            return values;
        }

        private sealed record Field(int Number, long Value, byte[] Bytes);
    }
}
