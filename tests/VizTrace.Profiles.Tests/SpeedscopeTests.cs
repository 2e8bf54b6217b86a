using System.Text.Json;

namespace VizTrace.Profiles.Tests;

/// <summary>speedscope files, read back as JSON.</summary>
public sealed class SpeedscopeTests
{
    [Fact]
    public void EveryThreadIsAnEventedProfileWhoseEventsAreBalanced()
    {
        using JsonDocument file = Written((s, w) => s.Walk(w));
        JsonElement root = file.RootElement;

        Assert.Equal("https://www.speedscope.app/file-format-schema.json", root.GetProperty("$schema").GetString());
        Assert.Equal(["A", "B;\"x\"", "C"], root.GetProperty("shared").GetProperty("frames").EnumerateArray().Select(f => f.GetProperty("name").GetString()));
        JsonElement[] profiles = [.. root.GetProperty("profiles").EnumerateArray()];
        Assert.Equal(["Main [11]", "Thread 12"], profiles.Select(p => p.GetProperty("name").GetString()));
        Assert.All(profiles, p => Assert.Equal(("evented", "nanoseconds"), (p.GetProperty("type").GetString(), p.GetProperty("unit").GetString())));
        Assert.Equal("O0@0 O1@100 C1@300 O1@400 C1@500 C0@1000 O0@2000 C0@2100", Events(profiles[0]));
        Assert.Equal("O2@200 C2@3000", Events(profiles[1]));
        Assert.Equal((200L, 3000L), (profiles[1].GetProperty("startValue").GetInt64(), profiles[1].GetProperty("endValue").GetInt64()));
    }

    [Fact]
    public void SamplesAreASampledProfileWithTheOutermostFrameFirst()
    {
        using JsonDocument file = Written((s, w) => s.WalkSamples(w));
        JsonElement profile = Assert.Single(file.RootElement.GetProperty("profiles").EnumerateArray());
        JsonElement[] frames = [.. file.RootElement.GetProperty("shared").GetProperty("frames").EnumerateArray()];

        Assert.Equal(("sampled", "none", 0L, 3L),
            (profile.GetProperty("type").GetString(), profile.GetProperty("unit").GetString(), profile.GetProperty("startValue").GetInt64(), profile.GetProperty("endValue").GetInt64()));
        Assert.Equal(["m n", "m", "m n"], profile.GetProperty("samples").EnumerateArray().Select(s => string.Join(' ', s.EnumerateArray().Select(f => frames[f.GetInt32()].GetProperty("name").GetString()))));
        Assert.Equal([1, 1, 1], profile.GetProperty("weights").EnumerateArray().Select(w => w.GetInt32()));
        Assert.All(frames, f => Assert.Equal("app.dll", f.GetProperty("file").GetString()));
    }

    [Fact]
    public void ManyInterleavedThreadsComeOutEachInOnePiece()
    {
        const int Calls = 3_000;
        using JsonDocument file = Written((s, w) =>
        {
            for (int i = 0; i < Calls; i++)
            {
                for (int track = 1; track <= 2; track++)
                    s.Begin(w, track, track == 1 ? "one" : "two", 1000 + i * 10);
                for (int track = 1; track <= 2; track++)
                    s.End(w, track, 1005 + i * 10);
            }
        });

        JsonElement[] profiles = [.. file.RootElement.GetProperty("profiles").EnumerateArray()];
        for (int n = 0; n < 2; n++)
            Assert.Equal(string.Join(' ', Enumerable.Range(0, Calls).Select(i => $"O{n}@{i * 10} C{n}@{i * 10 + 5}")), Events(profiles[n]));
        Assert.Empty(Directory.GetFiles(Path.GetTempPath(), "viztrace-*.spool"));
    }

    private static string Events(JsonElement profile) =>
        string.Join(' ', profile.GetProperty("events").EnumerateArray().Select(e => $"{e.GetProperty("type").GetString()}{e.GetProperty("frame").GetInt32()}@{e.GetProperty("at").GetInt64()}"));

    private static JsonDocument Written(Action<Scene, SpeedscopeWriter> walk)
    {
        Scene scene = Scene.Usual();
        using var output = new MemoryStream();
        using (var writer = new SpeedscopeWriter(output, scene))
        {
            walk(scene, writer);
            writer.Finish();
        }

        return JsonDocument.Parse(output.ToArray());
    }
}
