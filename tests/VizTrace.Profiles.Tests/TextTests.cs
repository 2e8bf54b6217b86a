using System.Text;
using VizTrace.Model.Slices;

namespace VizTrace.Profiles.Tests;

/// <summary>Collapsed stacks and CSV, whole files.</summary>
public sealed class TextTests
{
    [Fact]
    public void CollapsedStacksCarryTheOwnTimeOfEachStack()
    {
        Scene scene = Scene.Usual();
        using var output = new MemoryStream();
        using var writer = new CollapsedWriter(output, scene);
        scene.Walk(writer);
        writer.Finish();

        Assert.Equal("Main [11];A 800\nMain [11];A;B:\"x\" 300\nThread 12;C 2800\n", Text(output));
    }

    [Fact]
    public void CollapsedStacksOfSamplesCarryTheirNumber()
    {
        Scene scene = Scene.Usual();
        using var output = new MemoryStream();
        using var writer = new CollapsedWriter(output, scene);
        scene.WalkSamples(writer);
        writer.Finish();

        Assert.Equal("Main [11];m 1\nMain [11];m;n 2\n", Text(output));
    }

    [Theory]
    [InlineData(CollapsedValue.Automatic, "Main [11];m 1\nMain [11];m;n 2\n")]
    [InlineData(CollapsedValue.Samples, "Main [11];m 1\nMain [11];m;n 2\n")]
    [InlineData(CollapsedValue.Time, "Main [11];A 800\nMain [11];A;B:\"x\" 300\nThread 12;C 2800\n")]
    public void WhereThereAreBothSamplesComeFirstAndTheCallerChooses(CollapsedValue value, string expected)
    {
        Scene scene = Scene.Usual();
        using var output = new MemoryStream();
        using var writer = new CollapsedWriter(output, scene, value);
        scene.Walk(writer);
        scene.WalkSamples(writer);
        writer.Finish();

        Assert.Equal(expected, Text(output));
    }

    [Fact]
    public void CsvHasALineForEverySliceWithQuotesDoubled()
    {
        Scene scene = Scene.Usual();
        using var output = new MemoryStream();
        using var writer = new SliceCsvWriter(output, scene);
        scene.Walk(writer);
        writer.Finish();

        Assert.Equal(
            "process,pid,thread,tid,name,category,start_ns,duration_ns,depth,open\r\n"
            + "\"Shop, \"\"A\"\"\",7,Main,11,\"B;\"\"x\"\"\",cat,1100,200,2,0\r\n"
            + "\"Shop, \"\"A\"\"\",7,Main,11,\"B;\"\"x\"\"\",cat,1400,100,2,0\r\n"
            + "\"Shop, \"\"A\"\"\",7,Main,11,A,cat,1000,1000,1,0\r\n"
            + "\"Shop, \"\"A\"\"\",7,Main,11,A,cat,3000,100,1,0\r\n"
            + "\"Shop, \"\"A\"\"\",7,Thread 12,12,C,cat,1200,2800,1,1\r\n", Text(output));
    }

    [Fact]
    public void TheStreamStaysOpenAndATraceWithoutSlicesIsAnEmptyFile()
    {
        Scene scene = Scene.Usual();
        using var output = new MemoryStream();
        using (var writer = new CollapsedWriter(output, scene))
            writer.Finish();

        Assert.True(output.CanWrite);
        Assert.Equal(0, output.Length);
    }

    [Fact]
    public void ManySlicesOfTwoStacksTakeNoMoreMemory()
    {
        Scene scene = Scene.Usual();
        using var output = new MemoryStream();
        using var writer = new CollapsedWriter(output, scene);
        Run(scene, writer, 1_000);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        Run(scene, writer, 200_000);

        // 800,000 edges: 8 bytes each would be 6 MB.
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 1 << 20);
        writer.Finish();
        Assert.Equal("Main [11];a 201000\nMain [11];a;b 201000\n", Text(output));
    }

    private static void Run(Scene scene, ISliceVisitor visitor, int count)
    {
        for (int i = 0; i < count; i++)
        {
            scene.Begin(visitor, 1, "a", i);
            scene.Begin(visitor, 1, "b", i);
            scene.End(visitor, 1, i + 1);
            scene.End(visitor, 1, i + 2);
        }
    }

    private static string Text(MemoryStream output) => Encoding.UTF8.GetString(output.ToArray());
}
