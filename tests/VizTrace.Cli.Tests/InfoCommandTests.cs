using System.Text.Json;
using VizTrace.Cli.Showing;
using Xunit;

namespace VizTrace.Cli.Tests;

public sealed class InfoCommandTests
{
    [Fact]
    public void TheReportForPeopleIsAlignedTables()
    {
        using var stage = new Stage();
        stage.MakeCapture("c");
        Assert.Equal(0, stage.Run("info", "c", "--top", "2"));
        Assert.Equal(
            """
            c: 10 bytes, 1.43 bytes a slice
              command      dotnet Shop.dll
              recorded by  VizTrace 0.1.0
              clock        tsc, error at most 40 ns
              slices       7 on 3 threads in 1.000 us
              unfinished   1
              lost         10 records
                           no free chunk: 10 records in 2 stretches
              blind        from 1.050 us on: size limit
              remark       something odd

            process 500 Shop, .NET 10.0.0, exit code 0
              os tid  managed  name    os name         role   first      last  calls  lost
                 500        1  dotnet  dotnet          Main  100 ns  1.100 us      5     0
                 507        9  Worker  .NET TP Worker  Pool  300 ns  1.000 us      2    10
                 508        -  Gc      -               Gc         -         -      0     0

            top functions by calls
              calls    self   total  longest  function
                  4  450 ns  450 ns   400 ns  Shop.Fib  [Shop.dll]
                  2  700 ns  750 ns   700 ns  Shop.Leaf

            top functions by self time
              calls    self     total   longest  function
                  2  700 ns    750 ns    700 ns  Shop.Leaf
                  1  550 ns  1.000 us  1.000 us  Shop.Main  [Shop.dll]

            top functions by total time
              calls    self     total   longest  function
                  1  550 ns  1.000 us  1.000 us  Shop.Main  [Shop.dll]
                  2  700 ns    750 ns    700 ns  Shop.Leaf

            methods of the included modules
              module    methods  recorded  no calls  never called  hidden  not asked for  not recordable
              Shop.dll        7         3         0             2       1              0               1
              a.dll           ?         0         1             ?       0              ?               2
              a.dll: its methods cannot be listed: loaded from memory

            not recorded
              methods  reason            first of them
                    2  dynamic           A.X
                    1  abstract          Shop.IStore.Get
                    1  undecodable body  A.Y

            """,
            stage.Output.ToString());
        Assert.Equal("", stage.ErrorText);
    }

    [Fact]
    public void TablesHoldNothingThatATerminalObeys()
    {
        var table = new TextTable("name", ">n");
        table.Add("a\u001b[2J\u009b\u202e\n\ud800", "1");
        table.Add("\U0001F600\u00fc\\", "10");
        var to = new StringWriter();
        table.Write(to);
        Assert.Equal(
            """
              name                                 n
              a\u001b[2J\u009b\u202e\u000a\ud800   1
              😀ü\                                10

            """,
            to.ToString());
    }

    [Fact]
    public void TheReportForProgramsIsTheDocumentedShape()
    {
        using var stage = new Stage();
        stage.MakeCapture("c");
        Assert.Equal(0, stage.Run("info", "c", "--json"));
        JsonElement root = JsonDocument.Parse(stage.Output.ToString()).RootElement;
        Assert.Equal(
            ["shape", "file", "bytes", "slices", "bytesPerSlice", "firstNs", "lastNs", "metadata", "unfinished", "lostRecords", "droppedPieces",
             "blindFromNs", "blindReason", "remarks", "losses", "notRecorded", "filtered", "processes", "threads", "functions", "coverage"],
            root.EnumerateObject().Select(p => p.Name));
        Assert.Equal(
            """1 "c" 10 7 1.429 1000 2000 1 10 0 1950 "size limit" """,
            string.Concat(root.EnumerateObject().Where(p => p.Value.ValueKind is JsonValueKind.Number or JsonValueKind.String).Select(p => p.Value.GetRawText() + " ")));
        Assert.Equal(
            """{"id":2,"processId":0,"osTid":507,"managedId":9,"name":"Worker","managedName":"Worker","earlierNames":[],"osName":".NET TP Worker","role":"Pool","startNs":null,"endNs":null,"firstNs":1200,"lastNs":1900,"calls":2,"deepestCall":2,"lostRecords":10}""",
            Compact(root.GetProperty("threads")[1]));
        Assert.Equal(
            """{"id":0,"pid":500,"name":"Shop","commandLine":"","runtime":".NET 10.0.0","exitCode":0,"signal":null}""",
            Compact(root.GetProperty("processes")[0]));
        Assert.Equal(
            """[{"name":"Shop.Fib","module":"Shop.dll","sourceFile":"Fib.cs","sourceLine":4,"calls":4,"selfNs":450,"totalNs":450,"longestNs":400},{"name":"Shop.Leaf","module":null,"sourceFile":null,"sourceLine":0,"calls":2,"selfNs":700,"totalNs":750,"longestNs":700},{"name":"Shop.Main","module":"Shop.dll","sourceFile":null,"sourceLine":0,"calls":1,"selfNs":550,"totalNs":1000,"longestNs":1000}]""",
            Compact(root.GetProperty("functions")));
        Assert.Equal(
            """[{"reason":"dynamic","methods":2,"names":["a.dll!A.X","b.dll!B.Z"]},{"reason":"undecodable body","methods":1,"names":["a.dll!A.Y"]}]""",
            Compact(root.GetProperty("notRecorded")));
        Assert.Equal("""[{"reason":"no free chunk","stretches":2,"records":10}]""", Compact(root.GetProperty("losses")));
        Assert.Equal(
            """{"module":"Shop.dll","unlisted":null,"methods":7,"recorded":3,"noCalls":0,"neverCalled":2,"hidden":1,"notAskedFor":0,"notRecordable":1,"states":[{"state":"recorded","reason":"","names":["Shop.Fib","Shop.Fib","Shop.Main"]},{"state":"never called","reason":"","names":["Shop.Fib","Shop.Never"]},{"state":"hidden","reason":"excluded","names":["Shop.Log.Write"]},{"state":"not recordable","reason":"abstract","names":["Shop.IStore.Get"]}]}""",
            Compact(root.GetProperty("coverage")[0]));
        Assert.Equal(
            """{"module":"a.dll","unlisted":"loaded from memory","methods":3,"recorded":0,"noCalls":1,"neverCalled":0,"hidden":0,"notAskedFor":0,"notRecordable":2,"states":[{"state":"no calls","reason":"","names":["A.Z"]},{"state":"not recordable","reason":"dynamic","names":["A.X"]},{"state":"not recordable","reason":"undecodable body","names":["A.Y"]}]}""",
            Compact(root.GetProperty("coverage")[1]));
    }

    [Fact]
    public void EveryMethodIsListedWithItsStateAndReason()
    {
        using var stage = new Stage();
        stage.MakeCapture("c");
        Assert.Equal(0, stage.Run("info", "c", "--coverage"));
        Assert.Equal(
            """

            methods of the included modules
              module    methods  recorded  no calls  never called  hidden  not asked for  not recordable
              Shop.dll        7         3         0             2       1              0               1
              a.dll           ?         0         1             ?       0              ?               2
              a.dll: its methods cannot be listed: loaded from memory

            Shop.dll: 7 methods
              state                     calls  method
              recorded                      4  Shop.Fib  (2 methods)
              never called                  -  Shop.Fib
              not recordable: abstract      -  Shop.IStore.Get
              hidden: excluded              -  Shop.Log.Write
              recorded                      1  Shop.Main
              never called                  -  Shop.Never

            a.dll: 3 methods
              state                             calls  method
              not recordable: dynamic               -  A.X
              not recordable: undecodable body      -  A.Y
              no calls                              -  A.Z

            (no module): 1 method
              state                    calls  method
              not recordable: dynamic      -  b.dll!B.Z

            """,
            stage.Output.ToString());
    }

    [Fact]
    public void AGlobChoosesTheMethodsThatAreListed()
    {
        using var stage = new Stage();
        stage.MakeCapture("c");
        Assert.Equal(0, stage.Run("info", "c", "--coverage", "shop!*.Fib"));
        Assert.EndsWith(
            """

            Shop.dll: 3 methods
              state         calls  method
              recorded          4  Shop.Fib  (2 methods)
              never called      -  Shop.Fib

            """,
            stage.Output.ToString(),
            StringComparison.Ordinal);
        stage.Output.GetStringBuilder().Clear();
        Assert.Equal(0, stage.Run("info", "c", "--json", "--coverage", "A.Z"));
        Assert.Equal(
            ["[]", """[{"state":"no calls","reason":"","names":["A.Z"]}]"""],
            JsonDocument.Parse(stage.Output.ToString()).RootElement.GetProperty("coverage").EnumerateArray().Select(m => Compact(m.GetProperty("states"))));

        Assert.Equal(64, stage.Run("info", "c", "--coverage", "!x"));
        Assert.Equal("error VZ0007: --coverage !x: no module before '!' at column 1\n", stage.ErrorText);
    }

    [Fact]
    public void ATraceThatTellsOfNoMethodsHasNone()
    {
        using var stage = new Stage();
        File.WriteAllText(stage.At("other.json"), """[{"ph":"X","name":"f","cat":"m","pid":1,"tid":1,"ts":1,"dur":2}]""");
        Assert.Equal(0, stage.Run("info", "other.json", "--coverage"));
        Assert.Equal("the trace does not say which methods there were\n", stage.Output.ToString());
        stage.Output.GetStringBuilder().Clear();
        Assert.Equal(0, stage.Run("info", "other.json", "--json"));
        Assert.Equal("[]", Compact(JsonDocument.Parse(stage.Output.ToString()).RootElement.GetProperty("coverage")));
    }

    [Theory]
    [InlineData("json")]
    [InlineData("json.gz")]
    [InlineData("pftrace")]
    public void WhatWasConvertedHoldsTheSameNumbers(string ending)
    {
        using var stage = new Stage();
        stage.MakeCapture("c");
        string trace = "t." + ending;
        Assert.Equal(0, stage.Run("convert", "c", "-o", trace, "--quiet"));
        Assert.Equal(0, stage.Run("convert", trace, "-o", "again." + ending, "--quiet"));
        Assert.Equal("", stage.ErrorText);
        string report = Report("c");
        Assert.Equal(report, Report(trace));
        Assert.Equal(report, Report("again." + ending));

        string Report(string input)
        {
            stage.Output.GetStringBuilder().Clear();
            Assert.Equal(0, stage.Run("info", input));
            // All but the first line, which has name and size.
            string text = stage.Output.ToString();
            return text[text.IndexOf('\n', StringComparison.Ordinal)..];
        }
    }

    private static string Compact(JsonElement element) => JsonSerializer.Serialize(element);
}
