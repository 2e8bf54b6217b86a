using Xunit;

namespace VizTrace.Cli.Tests;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("", 64, "error VZ0007: Required command was not provided (viztrace --help)")]
    [InlineData("frobnicate", 64, "error VZ0007: unknown command or argument 'frobnicate' (viztrace --help)")]
    [InlineData("--frobnicate", 64, "error VZ0007: unknown option '--frobnicate' (viztrace --help)")]
    [InlineData("run", 64, "error VZ0007: no command to run: viztrace run [options] -- COMMAND [ARGS] (viztrace --help)")]
    [InlineData("run --", 64, "error VZ0007: no command to run: viztrace run [options] -- COMMAND [ARGS] (viztrace --help)")]
    [InlineData("run dotnet a.dll", 64, "error VZ0007: put -- before the command to run: viztrace run [options] -- dotnet … (viztrace --help)")]
    [InlineData("run dotnet -- a.dll", 64, "error VZ0007: put -- before the command to run: viztrace run [options] -- dotnet … (viztrace --help)")]
    [InlineData("-- dotnet a.dll", 64, "error VZ0007: Required command was not provided (viztrace --help)")]
    [InlineData("info x -- dotnet", 64, "error VZ0007: unknown command or argument 'dotnet' (viztrace --help)")]
    [InlineData("run --depth 5 -- dotnet a.dll", 64, "error VZ0007: unknown option '--depth' (viztrace --help)")]
    [InlineData("run -o -- dotnet a.dll", 64, "error VZ0007: Required argument missing for option: '-o' (viztrace --help)")]
    [InlineData("run -o a.txt -- dotnet a.dll", 64, "error VZ0006: DIR/a.txt: the ending names no format: .pftrace, .perfetto-trace, .json or .json.gz")]
    [InlineData("run -o a -- dotnet a.dll", 64, "error VZ0006: DIR/a: the ending names no format: .pftrace, .perfetto-trace, .json or .json.gz")]
    [InlineData("run --max-depth 0 -- dotnet a.dll", 64, "error VZ0007: --max-depth 0: must be more than 0 at column 1")]
    [InlineData("run --max-depth 1x -- dotnet a.dll", 64, "error VZ0007: --max-depth 1x: no whole number at column 2")]
    [InlineData("run --max-capture-size 8Gib8 -- dotnet a.dll", 64, "error VZ0007: --max-capture-size 8Gib8: no unit of size (B, KB, MB, GB, TB, KiB, MiB, GiB, TiB) at column 2")]
    [InlineData("run --max-capture-size much -- dotnet a.dll", 64, "error VZ0007: --max-capture-size much: no number at column 1")]
    [InlineData("run -o folder.json -- dotnet a.dll", 73, "error VZ0003: DIR/folder.json: is a directory")]
    [InlineData("run -o none/a.json -- dotnet a.dll", 73, "error VZ0003: DIR/none/a.json: there is no folder DIR/none")]
    [InlineData("run -o a.json --capture-dir file -- dotnet a.dll", 73, "error VZ0003: DIR/file: the capture directory cannot be made, a file is there")]
    [InlineData("run -o a.json --capture-dir some -- dotnet a.dll", 73, "error VZ0003: DIR/some: a capture is there already; convert it (viztrace convert DIR/some -o FILE) or remove it")]
    [InlineData("run -o a.json --capture-dir folder.json -- dotnet a.dll", 73, "error VZ0003: DIR/folder.json: the capture directory is there already, and not empty")]
    [InlineData("run -o none.json --capture-dir none.json -- dotnet a.dll", 73, "error VZ0003: DIR/none.json: lies inside the capture directory DIR/none.json")]
    [InlineData("run -o a.json --capture-dir . -- dotnet a.dll", 73, "error VZ0003: DIR/a.json: lies inside the capture directory DIR")]
    [InlineData("run -o hollow/a.json --capture-dir hollow -- dotnet a.dll", 73, "error VZ0003: DIR/hollow/a.json: lies inside the capture directory DIR/hollow")]
    [InlineData("convert", 64, "error VZ0007: Option '--output' is required (viztrace --help)")]
    [InlineData("convert -o a.json", 64, "error VZ0007: Required argument 'INPUT' missing for command: 'convert' (viztrace --help)")]
    [InlineData("convert x", 64, "error VZ0007: Option '--output' is required (viztrace --help)")]
    [InlineData("convert x y -o a.json", 64, "error VZ0007: unknown command or argument 'y' (viztrace --help)")]
    [InlineData("convert x -o a.json", 66, "error VZ0001: DIR/x: there is no such file or directory")]
    [InlineData("convert none/x -o a.json", 66, "error VZ0001: DIR/none/x: there is no such file or directory")]
    [InlineData("convert x -o a.trace", 64, "error VZ0006: DIR/a.trace: the ending names no format: .pftrace, .perfetto-trace, .json, .json.gz, .speedscope.json, .collapsed, .pb.gz or .csv")]
    [InlineData("run -o a.csv -- dotnet a.dll", 64, "error VZ0006: DIR/a.csv: the ending names no trace format: .pftrace, .perfetto-trace, .json or .json.gz")]
    [InlineData("shrink x -o a.csv --max-size 1MB", 64, "error VZ0006: DIR/a.csv: the ending names no trace format: .pftrace, .perfetto-trace, .json or .json.gz")]
    [InlineData("shrink x -o a.json", 64, "error VZ0007: shrink wants one limit: --max-size SIZE or --max-events N")]
    [InlineData("merge x -o a.json", 64, "error VZ0007: merge wants at least two traces")]
    [InlineData("filter x -o a.json", 64, "error VZ0007: filter wants at least one filter (viztrace filter --help)")]
    [InlineData("filter x --max-depth 2", 64, "error VZ0007: filter wants an output: -o FILE, or --dry-run")]
    [InlineData("filter x -o a.json @nowhere", 66, "error VZ0001: DIR/nowhere: there is no such file")]
    [InlineData("filter nowhere -o a.json --max-depth 2", 66, "error VZ0001: DIR/nowhere: there is no such file or directory")]
    [InlineData("convert file -o folder.json", 73, "error VZ0003: DIR/folder.json: is a directory")]
    [InlineData("convert folder.json -o a.json", 65, "error VZ0004: DIR/folder.json: no capture: a directory without a settings file")]
    [InlineData("convert file -o a.json", 65, "error VZ0004: DIR/file: no trace of a known format: neither Perfetto protobuf nor Chrome JSON nor nettrace")]
    [InlineData("convert noise -o a.json", 65, "error VZ0004: DIR/noise: this is no Perfetto trace, or it was cut off inside its first packet")]
    [InlineData("convert empty -o a.json", 65, "error VZ0004: DIR/empty: the file is empty")]
    [InlineData("convert bad.json -o a.json", 65, "error VZ0004: DIR/bad.json: no trace-event JSON: an object without \"traceEvents\"")]
    [InlineData("info", 64, "error VZ0007: Required argument 'INPUT' missing for command: 'info' (viztrace --help)")]
    [InlineData("info x", 66, "error VZ0001: DIR/x: there is no such file or directory")]
    [InlineData("info file", 65, "error VZ0004: DIR/file: no trace of a known format: neither Perfetto protobuf nor Chrome JSON nor nettrace")]
    [InlineData("info x --top none", 64, "error VZ0007: --top none: no whole number at column 1")]
    public void WrongUseIsOneLineAndADocumentedExitCode(string args, int exitCode, string line)
    {
        using var stage = new Stage();
        File.WriteAllText(stage.At("file"), "some text");
        File.WriteAllText(stage.At("empty"), "");
        File.WriteAllText(stage.At("noise"), "\nsome text");
        File.WriteAllText(stage.At("bad.json"), "{\"a\":1}");
        Directory.CreateDirectory(stage.At("folder.json/full"));
        Directory.CreateDirectory(stage.At("hollow"));
        stage.MakeCapture("some");
        string[] before = stage.Files();

        int got = stage.Run(args.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal((exitCode, line + "\n"), (got, stage.ErrorText));
        Assert.Equal("", stage.Output.ToString());
        Assert.Null(stage.Asked);
        Assert.Equal(before, stage.Files());
    }

    [Fact]
    public void MissingProfilerLibraryIsToldBeforeAnythingStarts()
    {
        using var stage = new Stage { Library = "/nowhere/lib.so" };
        Assert.Equal(70, stage.Run("run", "--", "dotnet", "a.dll"));
        Assert.Equal("error VZ0011: /nowhere/lib.so: the profiler library is missing beside the command\n", stage.ErrorText);
        Assert.Null(stage.Asked);
    }

    [Fact]
    public void VersionAndHelpGoToStandardOutput()
    {
        using var stage = new Stage();
        Assert.Equal(0, stage.Run("--version"));
        Assert.Equal("viztrace 0.1.0\n", stage.Output.ToString());

        Assert.Equal(0, stage.Run("--help"));
        Assert.Contains("viztrace run -- dotnet MyApp.dll", stage.Output.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, stage.Run("run", "--help"));
        Assert.Contains("run [options] -- COMMAND [ARGS]", stage.Output.ToString(), StringComparison.Ordinal);
        Assert.Equal("", stage.ErrorText);
    }

    [Fact]
    public void BugOfOursIsOneLineAndTheStackOnlyWhenVerbose()
    {
        using var stage = new Stage { Capture = _ => throw new InvalidOperationException("oops") };
        stage.MakeCapture("c");

        Assert.Equal(70, stage.Run("convert", "c", "-o", "a.json"));
        Assert.Equal("viztrace has a bug: InvalidOperationException: oops (--verbose tells where)\n", stage.ErrorText);

        Assert.Equal(70, stage.Run("convert", "c", "-o", "a.json", "--verbose"));
        Assert.Contains("   at VizTrace.Cli", stage.ErrorText, StringComparison.Ordinal);
        Assert.Equal(["c"], stage.Files());
    }

    [Theory]
    [InlineData("1", 1)]
    [InlineData("500MB", 500_000_000)]
    [InlineData("8GiB", 8L << 30)]
    [InlineData("1.5k", 1536)]
    [InlineData("2 TiB", 2L << 40)]
    [InlineData("7b", 7)]
    public void SizesAreUnderstood(string text, long bytes) => Assert.Equal(bytes, OptionValue.Bytes("--size", text, 0));

    [Theory]
    [InlineData("9999999TiB", "--size 9999999TiB: too large at column 1")]
    [InlineData("0", "--size 0: must be more than 0 at column 1")]
    [InlineData("1.2.3", "--size 1.2.3: no number at column 1")]
    [InlineData("-5", "--size -5: no number at column 1")]
    [InlineData("", "--size : no number at column 1")]
    [InlineData("12 parsec", "--size 12 parsec: no unit of size (B, KB, MB, GB, TB, KiB, MiB, GiB, TiB) at column 3")]
    public void SizesThatAreNoneAreRefused(string text, string message) =>
        Assert.Equal(message, Assert.Throws<Model.TraceException>(() => OptionValue.Bytes("--size", text, 0)).Message);
}
