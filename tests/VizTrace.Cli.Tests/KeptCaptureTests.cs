using System.Runtime.InteropServices;
using VizTrace.Cli.Running;
using VizTrace.Model;
using Xunit;

namespace VizTrace.Cli.Tests;

/// <summary>Which files are gone after a run, and which are not: only what is a capture's.</summary>
public sealed partial class KeptCaptureTests
{
    [Fact]
    public void WhatTheProgramPutsIntoADirectoryThatWasThereStays()
    {
        using var stage = new Stage();
        Directory.CreateDirectory(stage.At("out"), (UnixFileMode)0b111_101_101);
        stage.Program = () => File.WriteAllText(stage.At("out/result.txt"), "42");

        Assert.Equal(0, stage.Run("run", "-o", "a.json", "--capture-dir", "out", "--quiet", "--", "dotnet", "a.dll"));

        Assert.Equal("", stage.ErrorText);
        Assert.Equal([stage.At("out/result.txt")], Directory.GetFileSystemEntries(stage.At("out")));
        Assert.Equal(["a.json", "out"], stage.Files());
    }

    [Theory]
    [InlineData("true", 0)]
    [InlineData("/nowhere/program", 127)]
    public void AnEmptyDirectoryThatWasThereIsEmptyAgainAndAsItWas(string program, int exitCode)
    {
        using var stage = new Stage { Recorder = new CommandRecorder(releasesStreams: false) };
        var mode = (UnixFileMode)0b111_101_101;
        Directory.CreateDirectory(stage.At("out"));
        File.SetUnixFileMode(stage.At("out"), mode);

        Assert.Equal(exitCode, stage.Run("run", "-o", "a.json", "--capture-dir", "out", "--", program));

        Assert.Empty(Directory.GetFileSystemEntries(stage.At("out")));
        Assert.Equal(mode, File.GetUnixFileMode(stage.At("out")));
    }

    [Theory]
    [InlineData("true", 0)]
    [InlineData("/nowhere/program", 127)]
    public void ParentsThatWereMadeForTheCaptureGoWithIt(string program, int exitCode)
    {
        using var stage = new Stage { Recorder = new CommandRecorder(releasesStreams: false) };
        Directory.CreateDirectory(stage.At("there"));

        Assert.Equal(exitCode, stage.Run("run", "-o", "a.json", "--capture-dir", "there/deep/er", "--", program));

        Assert.Equal(["there"], stage.Files());
        Assert.Empty(Directory.GetFileSystemEntries(stage.At("there")));
    }

    [Fact]
    public void AnEmptyNameIsRefused()
    {
        using var stage = new Stage();
        Assert.Equal(64, stage.Run("run", "-o", "a.json", "--capture-dir", "", "--", "dotnet", "a.dll"));
        Assert.Equal("error VZ0007: --capture-dir needs a directory\n", stage.ErrorText);
        Assert.Null(stage.Asked);
    }

    /// <summary>What lies in memory would be written to the disk that is full.</summary>
    [Fact]
    public void AfterAFullDiskThePoolStaysInMemoryAndThatIsSaid()
    {
        using var stage = new Stage { Answer = Stage.Ended(3), Capture = _ => throw new TraceException(ErrorId.DiskFull, "a.json: the disk is full") };
        string pool = $"/dev/shm/viztrace-p1-1-{Guid.NewGuid():N}.pool";
        string process = stage.At("a.json.capture/p1-1");
        stage.Program = () =>
        {
            Directory.CreateDirectory(process);
            File.WriteAllText(pool, "pool");
            File.CreateSymbolicLink(Path.Combine(process, "pool"), pool);
        };
        try
        {
            Assert.Equal(3, stage.Run("run", "-o", "a.json", "--", "dotnet", "a.dll"));

            Assert.Equal(
                """
                viztrace: the recording is kept in DIR/a.json.capture
                viztrace: a part of it is in memory (/dev/shm) and lost when the machine restarts; convert it before
                viztrace: to try again: viztrace convert DIR/a.json.capture -o DIR/a.json
                error VZ0010: a.json: the disk is full

                """,
                stage.ErrorText);
            Assert.True(File.Exists(pool));
            Assert.Equal([Path.Combine(process, "pool")], Directory.GetFileSystemEntries(process));
        }
        finally
        {
            File.Delete(pool);
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(15)]
    public void ASignalEndsTheConversionAndTheRecordingIsKept(int signal)
    {
        using var stage = new Stage { Answer = Stage.Ended(5) };
        stage.Reading = report =>
        {
            Assert.Equal(0, Kill(Environment.ProcessId, signal));
            // Any thread may be the one that takes it: soon, not at once.
            for (int i = 0; i < 10_000; i++)
            {
                report(0.5);
                Thread.Sleep(1);
            }
        };

        Assert.Equal(5, stage.Run("run", "-o", "a.json", "--quiet", "--", "dotnet", "a.dll"));

        Assert.Equal("viztrace: interrupted; the recording is kept, to convert it: viztrace convert DIR/a.json.capture -o DIR/a.json\n", stage.ErrorText);
        Assert.Equal(["a.json.capture"], stage.Files());
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);
}
