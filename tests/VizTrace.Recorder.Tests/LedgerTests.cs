using System.Runtime.InteropServices;
using VizTrace.Recorder.Draining;
using Xunit;

namespace VizTrace.Recorder.Tests;

/// <summary>The ledger where there is no room for it.</summary>
public partial class LedgerTests
{
    private const int FileSizeLimit = 1;
    private const int FileSizeSignal = 25;
    private const int EntryBytes = 12 + 24;

    [Fact]
    public void AnEntryThatFitsOnlyInPartIsTakenAwayAndLaterOnesAreWhole()
    {
        using var directory = new TemporaryDirectory();
        using Ledger ledger = Ledger.TryCreate(directory.File("ledger"), out _)!;
        ledger.ThreadGone(1, 2, 3);

        // The kernel writes what fits below the limit, as it does on a full disk.
        Signal(FileSizeSignal, 1);
        GetLimit(FileSizeLimit, out Limit before);
        SetLimit(FileSizeLimit, before with { Current = EntryBytes + 20 });
        try
        {
            ledger.ThreadGone(4, 5, 6);
        }
        finally
        {
            SetLimit(FileSizeLimit, before);
        }

        Assert.Equal(1, ledger.Failures);
        Assert.Equal(EntryBytes, new FileInfo(directory.File("ledger")).Length);
        ledger.ThreadGone(7, 8, 9);
        Assert.Equal([1ul, 7ul], CaptureParser.Ledger(directory.Path).Select(e => e.U64(0)));
    }

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint Signal(int signal, nint handler);

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, out Limit limit);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int SetLimit(int resource, in Limit limit);

    private record struct Limit(ulong Current, ulong Most);
}
