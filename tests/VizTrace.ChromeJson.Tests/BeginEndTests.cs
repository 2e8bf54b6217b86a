using System.Text;
using VizTrace.Model;
using Xunit;

namespace VizTrace.ChromeJson.Tests;

/// <summary>Calls of two events, <c>B</c> and <c>E</c>.</summary>
public sealed class BeginEndTests
{
    [Fact]
    public void BeginAndEndEventsArePaired()
    {
        CollectingSink sink = CollectingSink.Read("""
            [{"name":"A","ph":"B","ts":1,"pid":1,"tid":1},
             {"name":"B","ph":"B","ts":2,"pid":1,"tid":1,"args":{"start_lost":true}},
             {"ph":"E","ts":3,"pid":1,"tid":1,"args":{"unwound":true}},
             {"name":"X","ph":"X","ts":4,"dur":1,"pid":1,"tid":1},
             {"ph":"E","ts":6,"pid":1,"tid":1},
             {"ph":"E","ts":7,"pid":1,"tid":1},
             {"name":"C","ph":"B","ts":8,"pid":1,"tid":1},
             {"name":"D","ph":"B","ts":9,"pid":1,"tid":1}]
            """);

        Assert.Equal(
            ["+A 1000", "+B 2000 StartLost", "-B 3000 Unwound", "+X 4000", "-X 5000", "-A 6000",
             "+C 8000", "+D 9000", "-D 9000 Unfinished", "-C 9000 Unfinished"],
            sink.Lines(0));
        Assert.Equal(2, sink.Summary!.Unfinished);
        Assert.Equal(["passed over 1 events of kind 'E' without their 'B'"], sink.Summary.Remarks);
    }

    [Fact]
    public void BeginWithoutItsEndReachesToTheLastTimeOfItsThread()
    {
        CollectingSink sink = CollectingSink.Read("""
            [{"name":"A","ph":"B","ts":1,"pid":1,"tid":1},
             {"name":"C","ph":"X","ts":5,"dur":3,"pid":1,"tid":1}]
            """);
        Assert.Equal(["+A 1000", "+C 5000", "-C 8000", "-A 8000 Unfinished"], sink.Lines(0));
    }

    [Fact]
    public void EndBeforeItsBeginIsShownEmptyAndCounted()
    {
        CollectingSink sink = CollectingSink.Read("""
            [{"name":"A","ph":"B","ts":5,"pid":1,"tid":1},
             {"ph":"E","ts":4,"pid":1,"tid":1}]
            """);
        Assert.Equal(["+A 5000", "-A 5000"], sink.Lines(0));
        Assert.Equal(["1 calls ended before they began and are shown empty"], sink.Summary!.Remarks);
    }

    [Fact]
    public void PairsWithEqualTimesNestAsTheyWereBegun()
    {
        CollectingSink sink = CollectingSink.Read("""
            [{"name":"A","ph":"B","ts":1,"pid":1,"tid":1},
             {"name":"B","ph":"B","ts":1,"pid":1,"tid":1},
             {"name":"C","ph":"X","ts":1,"dur":1,"pid":1,"tid":1},
             {"ph":"E","ts":2,"pid":1,"tid":1},
             {"name":"D","ph":"B","ts":2,"pid":1,"tid":1},
             {"ph":"E","ts":2,"pid":1,"tid":1},
             {"ph":"E","ts":2,"pid":1,"tid":1},
             {"name":"F","ph":"B","ts":2,"pid":1,"tid":1},
             {"ph":"E","ts":2,"pid":1,"tid":1}]
            """);
        Assert.Equal(
            ["+A 1000", "+B 1000", "+C 1000", "-C 2000", "-B 2000", "+D 2000", "-D 2000", "-A 2000", "+F 2000", "-F 2000"],
            sink.Lines(0));
    }

    /// <summary>A walk through its equals for every pair would take hours here.</summary>
    [Fact]
    public void MillionNestedPairsOfTheSameTimesAreReadInOnePass()
    {
        const int Pairs = 1_000_000;
        var text = new StringBuilder("[");
        for (int i = 0; i < Pairs; i++)
            text.Append(i == 0 ? """{"name":"A","ph":"B","ts":1},""" : i == Pairs - 1 ? """{"name":"Z","ph":"B","ts":1},""" : """{"ph":"B","ts":1},""");
        for (int i = 0; i < Pairs; i++)
            text.Append("""{"ph":"E","ts":2},""");
        CollectingSink sink = CollectingSink.Read(text.Append(']').ToString());
        List<SliceEdge> edges = sink.Edges[0];
        Assert.Equal((2 * Pairs, "A", "A"), (edges.Count, sink.Functions[edges[0].FunctionId].Name, sink.Functions[edges[^1].FunctionId].Name));
        Assert.Equal(("Z", "Z"), (sink.Functions[edges[Pairs - 1].FunctionId].Name, sink.Functions[edges[Pairs].FunctionId].Name));
    }
}
