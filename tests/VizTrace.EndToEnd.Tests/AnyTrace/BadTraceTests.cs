using System.Globalization;
using System.Text;
using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.EndToEnd.Tests;

/// <summary>Files that lie, end too early, or are none: one line with the byte, the documented exit code, and nothing half-written.</summary>
[Trait("Records", "nothing")]
public sealed class BadTraceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, byte[]> NoTraces => new()
    {
        { "empty", [] },
        { "text", "hello, world\n"u8.ToArray() },
        { "JSON without events", "{\"a\":[1,2,3]}"u8.ToArray() },
        { "a lying length", [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 1, 2, 3] },
        { "gzip of nothing", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0] },
        { "half a magic", "Nettr"u8.ToArray() },
    };

    [Theory]
    [MemberData(nameof(NoTraces))]
    public void WhatIsNoTraceIsSaidInALine(string what, byte[] bytes)
    {
        Assert.NotEmpty(what);
        File.WriteAllBytes(_folder["in"], bytes);

        Run("filter", "in", "-o", "out.json", "--drop-thread", "a").Exits(65).Says("VZ0004");
        Run("convert", "in", "-o", "out.pftrace").Exits(65).Says("VZ0004");
        Run("info", "in").Exits(65).Says("VZ0004");
        Run("shrink", "in", "-o", "out.json", "--max-size", "1KB").Exits(65).Says("VZ0004");
        Run("merge", "in", "in", "-o", "out.json").Exits(65).Says("VZ0004");

        Assert.Equal(["in"], Left());
    }

    [Fact]
    public void WhatAFileIsIsSeenByItsContent()
    {
        File.WriteAllText(_folder["t.pftrace"], Json(3));

        Run("filter", "t.pftrace", "-o", "out.json", "--max-depth", "9").Exits(0);

        Assert.Contains("\"name\":\"f2\"", File.ReadAllText(_folder["out.json"]), StringComparison.Ordinal);
    }

    [Fact]
    public void ANestingBombIsNoHarm()
    {
        File.WriteAllText(_folder["bomb.json"], "[{\"ph\":\"X\",\"name\":\"before\",\"pid\":1,\"tid\":1,\"ts\":1,\"dur\":1},{\"args\":" + new string('[', 20_000_000));

        CommandResult result = Run("filter", "bomb.json", "-o", "out.json", "--max-depth", "9").Exits(3);

        Assert.Contains("byte", result.Error, StringComparison.Ordinal);
        Assert.Contains("before", File.ReadAllText(_folder["out.json"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(".json")]
    [InlineData(".pftrace")]
    public void ADiskThatIsFullLeavesNothingUnderTheName(string ending)
    {
        File.WriteAllText(_folder["in.json"], Json(50_000));

        SmallDisk.Run(_folder.Path, [("disk", "64k")],
            ["sh", "-c", $"\"$0\" convert in.json -o disk/out{ending}; code=$?; ls disk | wc -l; exit $code", VizTraceCommand.Path]).Exits(73).Says("VZ0010");
    }

    [Fact]
    public void ADirectoryAsOutput()
    {
        Directory.CreateDirectory(_folder["out.json"]);
        File.WriteAllText(_folder["in.json"], Json(3));

        Run("filter", "in.json", "-o", "out.json", "--max-depth", "1").Exits(73).Says("VZ0003");
        Run("filter", "in.json", "-o", "nowhere/out.json", "--max-depth", "1").Exits(73).Says("VZ0003");
    }

    [Fact]
    public void ASignalEndsItAndLeavesNothing()
    {
        using (var text = new StreamWriter(_folder["in.json"]))
        {
            // Far more than can be read before the signal.
            text.Write('[');
            for (int i = 0; i < 3_000_000; i++)
                text.Write(Event(i, ','));
        }

        using ChildProcess running = VizTraceCommand.Start(_folder.Path, ["filter", "in.json", "-o", "out.json", "--max-depth", "1"]);
        while (Directory.GetFiles(_folder.Path, "out.json.part-*").Length == 0 && !running.HasExited)
            Thread.Sleep(1);
        ChildProcess.Signal(running.Id, 2);

        Assert.Equal(128 + 2, running.Wait().ExitCode);
        Assert.Equal(["in.json"], Left());
    }

    public void Dispose() => _folder.Dispose();

    private static string Json(int events)
    {
        var text = new StringBuilder("[");
        for (int i = 0; i < events; i++)
            text.Append(Event(i, i == events - 1 ? ']' : ','));
        return text.ToString();
    }

    private static string Event(int i, char end) =>
        string.Create(CultureInfo.InvariantCulture, $"{{\"ph\":\"X\",\"name\":\"f{i}\",\"pid\":1,\"tid\":1,\"ts\":{i * 10L},\"dur\":5}}{end}\n");

    private CommandResult Run(params string[] arguments) => VizTraceCommand.RunIn(_folder.Path, arguments);

    private IEnumerable<string?> Left() => Directory.GetFiles(_folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal);
}
