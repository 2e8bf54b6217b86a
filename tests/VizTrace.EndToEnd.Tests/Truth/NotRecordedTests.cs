using System.Text.Json;
using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.EndToEnd.Tests;

/// <summary>Methods that are left as they are do what they did, have no slices, and are listed with their reason, whatever is asked.</summary>
public sealed class NotRecordedTests : IDisposable
{
    private static readonly string[] s_own = ["Lambda", "Large", "Made", "Main", "Own", "Twice"];

    private readonly TemporaryFolder _folder = new();

    [Theory]
    [MemberData(nameof(ProbePath.All), MemberType = typeof(ProbePath))]
    public void AMethodLeftAsItIsIsListedWithItsReason(string path)
    {
        CommandResult plain = ChildProcess.Run("dotnet", [Repository.Program("NotRecorded")]).Exits(0);
        Recording recording = Recording.OfProgram(_folder, "NotRecorded", [], ["--keep-capture"], path).Exits(0);
        VizTraceCommand.RunIn(_folder.Path, ["convert", "NotRecorded.pftrace.capture", "-o", "NotRecorded.json"]).Exits(0);

        Assert.Equal(plain.Output, recording.Result.Output);
        Assert.Equal(s_own.Select(m => $"NotRecorded.Program.{m} 1"), recording.Trace.Counts().Select(p => $"{p.Key} {p.Value}"));
        Assert.Equal(recording.Trace.Counts(), Decoding.DecodedTrace.Read(_folder["NotRecorded.json"]).Counts());
        foreach (string input in (string[])["NotRecorded.pftrace", "NotRecorded.json", "NotRecorded.pftrace.capture"])
        {
            using JsonDocument info = JsonDocument.Parse(VizTraceCommand.RunIn(_folder.Path, ["info", input, "--json"]).Exits(0).Output);
            string[] said = [.. info.RootElement.GetProperty("notRecorded").EnumerateArray().SelectMany(
                reason => reason.GetProperty("names").EnumerateArray().Select(n => $"{reason.GetProperty("reason").GetString()}: {n.GetString()}"))];

            Assert.Equal(
                ["dynamic: (dynamic).Twice", "dynamic: (dynamic).lambda_method", "dynamic: RefEmit_InMemoryManifestModule!Made.Calculator.Square", "too large: Large.dll!Large.Text.Trimmed"],
                said.Select(l => l.TrimEnd('1')).Order(StringComparer.Ordinal));
        }
    }

    public void Dispose() => _folder.Dispose();
}
