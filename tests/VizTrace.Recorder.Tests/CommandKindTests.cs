using VizTrace.Recorder.Launching;
using Xunit;

namespace VizTrace.Recorder.Tests;

/// <summary>What a command line is, and why it left nothing.</summary>
public sealed class CommandKindTests : IDisposable
{
    private static readonly byte[] s_bundleMark = Convert.FromHexString("8b1202b96a612038727b930214d7a03213f5b9e6efae3318ee3b2dce24b36aae");

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("dotnet run --project x", true)]
    [InlineData("/usr/bin/dotnet test", true)]
    [InlineData("dotnet --roll-forward Major build", true)]
    [InlineData("dotnet missing.dll", true)]
    [InlineData("dotnet script.cs", true)]
    [InlineData("dotnet APP", false)]
    [InlineData("dotnet exec APP", false)]
    [InlineData("dotnet --roll-forward Major --depsfile x.json APP run", false)]
    [InlineData("dotnet -d exec --runtimeconfig c.json APP", false)]
    [InlineData("dotnet", false)]
    [InlineData("dotnet --info", false)]
    [InlineData("./dotnetapp run", false)]
    public void SdkCommandsAreToldFromPrograms(string line, bool expected)
    {
        string app = _directory.File("App.dll");
        File.WriteAllText(app, "");
        Assert.Equal(expected, DotnetCommand.IsThroughSdk([.. line.Split(' ').Select(w => w == "APP" ? app : w)]));
    }

    [Fact]
    public void WhyNothingWasRecordedIsSaidForEachKindOfProgram()
    {
        byte[] elf = [0x7F, .. "ELF"u8, 2, 1, 1, .. new byte[100]];
        byte[] filler = new byte[(1 << 20) - 130];
        Assert.Equal("PATH is a script, and no .NET program that it may have started loaded the profiler", Why("a", "#!/bin/sh\n"u8));
        Assert.Equal("PATH is no .NET program", Why("b", "MZ"u8));
        Assert.Equal("PATH is a 32-bit program; only 64-bit ones can be recorded", Why("c", [0x7F, .. "ELF"u8, 1, 1]));
        Assert.Equal("PATH is no .NET program, and none that it may have started loaded the profiler", Why("d", elf));
        Assert.Equal(
            "PATH was compiled ahead of time (NativeAOT): it has no runtime that could load a profiler; publish it without PublishAot to record it",
            Why("e", [.. elf, .. filler, .. "DotNetRuntimeDebugHeader"u8]));
        Assert.Equal(
            "PATH is a single-file program whose runtime did not load the profiler; publish it without PublishSingleFile to record it",
            Why("f", [.. elf, .. filler, 1, 0, 0, 0, 0, 0, 0, 0, .. s_bundleMark]));
        byte[] appHost = [.. elf, 0, 0, 0, 0, 0, 0, 0, 0, .. s_bundleMark];
        Assert.Equal("PATH ended before its .NET runtime loaded the profiler, or the runtime refused it", Why("g", appHost));
        File.WriteAllText(_directory.File("h.runtimeconfig.json"), """{ "runtimeOptions": { "framework": { "name": "Microsoft.NETCore.App", "version": "3.1.0" } } }""");
        Assert.Equal("PATH asks for .NET 3.1.0; recording needs .NET 8 or newer", Why("h", appHost));
        File.WriteAllText(_directory.File("h.dll"), "");
        Assert.Equal("h.dll asks for .NET 3.1.0; recording needs .NET 8 or newer", ProgramKind.WhyNotRecorded(["dotnet", "exec", _directory.File("h.dll")]));
        File.WriteAllText(_directory.File("i.runtimeconfig.json"), "garbage");
        Assert.Equal("PATH ended before its .NET runtime loaded the profiler, or the runtime refused it", Why("i", appHost));
        Assert.Equal("only the SDK's own tools ran, or no program was started by them", ProgramKind.WhyNotRecorded(["dotnet", "build"]));
    }

    [Fact]
    public void WhatCannotBeLookedAtIsNoFailure()
    {
        byte[] appHost = [0x7F, .. "ELF"u8, 2, 1, 1, .. new byte[100], 0, 0, 0, 0, 0, 0, 0, 0, .. s_bundleMark];
        File.WriteAllText(_directory.File("j.runtimeconfig.json"), """{ "runtimeOptions": { "framework": { "version": null } } }""");
        Assert.Equal("PATH ended before its .NET runtime loaded the profiler, or the runtime refused it", Why("j", appHost));
        foreach (string odd in new[] { """{ "runtimeOptions": 3 }""", "[]", """{ "runtimeOptions": { "frameworks": [] } }""", """{ "runtimeOptions": { "framework": { "version": 8 } } }""" })
        {
            File.WriteAllText(_directory.File("k.runtimeconfig.json"), odd);
            Assert.Equal("PATH ended before its .NET runtime loaded the profiler, or the runtime refused it", Why("k", appHost));
        }

        // A lock plays the file that may not be read: root, who may run the tests, may read all.
        using (new FileStream(_directory.File("j"), FileMode.Open, FileAccess.ReadWrite, FileShare.None))
            Assert.StartsWith($"{_directory.File("j")} did not load the profiler, and its file cannot be looked at: ", ProgramKind.WhyNotRecorded([_directory.File("j")]), StringComparison.Ordinal);
        Assert.Equal("no-such was not found again", ProgramKind.WhyNotRecorded(["no-such"]));
    }

    private string Why(string name, ReadOnlySpan<byte> content)
    {
        string path = _directory.File(name);
        File.WriteAllBytes(path, content.ToArray());
        File.SetUnixFileMode(path, (UnixFileMode)0b111_000_000);
        return ProgramKind.WhyNotRecorded([path]).Replace(path, "PATH", StringComparison.Ordinal);
    }
}
