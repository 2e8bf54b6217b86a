using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using VizTrace.Profiler.Interop;
using VizTrace.Profiler.Methods;
using VizTrace.Profiler.Probe;
using VizTrace.Profiler.Threads;
using VizTrace.Records;

namespace VizTrace.Profiler.Session;

/// <summary>The life of the recording inside the program: begun by the runtime's Initialize, never ended by us.</summary>
internal static unsafe class Recording
{
    /// <summary>Chunks made present before the program runs: what a short program needs, for half a millisecond.</summary>
    private const int WarmChunks = 4;

    private static readonly string[] s_ourVariables =
    [
        "CORECLR_ENABLE_PROFILING", "CORECLR_PROFILER", "CORECLR_PROFILER_PATH", "CORECLR_PROFILER_PATH_64",
        CaptureLayout.CaptureVariable, CaptureLayout.ProbeVariable, CaptureLayout.ClockVariable, CaptureLayout.BelowSdkVariable,
        CaptureLayout.ChunkRecordsVariable,
    ];

    /// <summary>
    /// Sets everything up. Runs once, before any managed code of the program, on the starting thread. Returns an HRESULT; a negative one
    /// makes the runtime go on without us, silently; the journal then says why.
    /// </summary>
    public static int Start(ProfilerInfo info)
    {
        string? capture = Libc.Environment("VIZTRACE_CAPTURE\0"u8);
        if (capture is null || !DirectLibc.Find() || !File.Exists(Path.Combine(capture, CaptureLayout.SettingsFile)))
            return HResult.CancelActivation;
        CaptureSettings settings = CaptureSettings.Parse(File.ReadAllText(Path.Combine(capture, CaptureLayout.SettingsFile)));
        if (settings.Version != CaptureLayout.Version)
            return HResult.CancelActivation;
        TracedProcess process = TracedProcess.Current();
        string runtime = RuntimeLibrary(info);
        string directory = Path.Combine(capture, process.DirectoryName(Libc.getpid()));
        if (!MakeDirectory(directory))
            return HResult.CancelActivation;
        int journal = PoolFile.OpenNew(Path.Combine(directory, CaptureLayout.JournalFile), Libc.O_WRONLY | Libc.O_APPEND);
        if (journal < 0)
            return HResult.CancelActivation;
        Journal.Open(journal);
        bool belowSdk = settings.ThroughSdk || Libc.Environment("VIZTRACE_BELOW_SDK\0"u8) is not null;
        if (process.WhyPassedThrough(belowSdk, Path.GetDirectoryName(runtime)!) is string why)
        {
            TellChildrenOfSdk(info);
            return Leave(JournalKind.PassedThrough, why);
        }

        if ((WhyTooOld(info) ?? WhyImpossible(settings)) is string problem)
            return Leave(JournalKind.NotStarted, problem);
        ProbeClock.Choose(Libc.Environment("VIZTRACE_CLOCK\0"u8));
        if (!PoolFile.Create(directory, settings))
            return Leave(JournalKind.NotStarted, "neither /dev/shm nor the capture directory has room for the pool");
        if (!ThreadRecords.Reserve() || !ThreadBlock.Create(&SlowPath.CloseThread))
        {
            PoolFile.Delete(directory);
            return Leave(JournalKind.NotStarted, "no address space or no thread-specific key left in the process");
        }

        ProbeCode.Create(Libc.Environment("VIZTRACE_PROBE\0"u8), settings.MaxDepth, MinTicks(settings), Libc.Environment("VIZTRACE_CHUNK_RECORDS\0"u8));
        ChunkPool.Warm(WarmChunks);
        ManagedThreadId.Find(info.AnyRuntimeAddress);
        ThreadTable.Start(info);
        ThreadChoice.Start(settings);
        MethodTable.Start(info, settings, Path.GetDirectoryName(runtime)!);
        WriteHeader(info, process, settings);
        ForkedChild.Guard();
        ChunkPool.Publish();
        HideVariables(info);
        return info.SetEventMask(MethodTable.BaseEvents);
    }

    /// <summary>The runtime shuts down in good order. Not called on SIGTERM, exit in native code or a crash: nothing may rely on it.</summary>
    public static void Shutdown()
    {
        Volatile.Write(ref ChunkPool.Header->ShutdownSeen, 1);
        Span<byte> room = stackalloc byte[256];
        var entry = new EntryWriter(room, (uint)JournalKind.Shutdown);
        entry.U64(ProbeClock.Now());
        Journal.Append(entry.Finish());
    }

    private static void WriteHeader(ProfilerInfo info, TracedProcess process, CaptureSettings settings)
    {
        PoolHeader* header = ChunkPool.Header;
        header->StartTicks = ProbeClock.NowWithMonotonic(out ulong monotonicNs, out _);
        header->StartMonotonicNs = monotonicNs;
        header->Clock = (uint)ProbeClock.Kind;
        header->Probe = (uint)ProbeCode.Kind;
        header->MinTicks = MinTicks(settings);
        ushort major, minor, build, revision;
        string version = info.GetRuntimeInformation(&major, &minor, &build, &revision) < 0 ? "" : $"{major}.{minor}.{build}";
        byte[] room = new byte[Journal.EntryRoom * 4];
        var entry = new EntryWriter(room, (uint)JournalKind.Process);
        entry.U32((uint)Libc.getpid());
        entry.U64(header->StartTicks);
        entry.U64(header->StartMonotonicNs);
        entry.U32(header->Clock);
        entry.U32(header->Probe);
        entry.Text(version);
        string commandLine = string.Join('\0', process.Arguments);
        entry.Text(commandLine.AsSpan(0, Math.Min(commandLine.Length, 8000)));
        entry.Text(process.Entry);
        Journal.Append(entry.Finish());
    }

    /// <summary>
    /// What a call must last to leave a record; the reader of the capture knows better what a tick is and takes the rest out. Never as much as
    /// the recorder leaves between two looks (<c>DrainPartly</c>).
    /// </summary>
    private static ulong MinTicks(CaptureSettings settings)
    {
        long ticks = ProbeClock.Kind == ClockKind.Monotonic ? settings.MinDurationNs : settings.MinDurationTicks;
        return (ulong)Math.Clamp(ticks, 0, CaptureSettings.MostMinDurationTicks);
    }

    /// <summary>The process is not recorded; the journal's only entry says why.</summary>
    private static int Leave(JournalKind kind, string why)
    {
        Span<byte> room = stackalloc byte[Journal.EntryRoom];
        var entry = new EntryWriter(room, (uint)kind);
        entry.Text(why);
        Journal.Append(entry.Finish());
        Journal.Close();
        return HResult.CancelActivation;
    }

    /// <summary>Up to .NET Core 3.1 the runtime says 4.0.30319 here, as the .NET Framework did.</summary>
    private static string? WhyTooOld(ProfilerInfo info)
    {
        ushort major, minor, build, revision;
        if (info.GetRuntimeInformation(&major, &minor, &build, &revision) < 0 || (major >= CaptureLayout.OldestRuntime))
            return null;
        string version = major > 4 ? string.Create(CultureInfo.InvariantCulture, $".NET {major}.{minor}") : ".NET Core 3.1 or older";
        return string.Create(CultureInfo.InvariantCulture, $"the program runs on {version}; recording needs .NET {CaptureLayout.OldestRuntime} or newer");
    }

    /// <summary>What would end the program with SIGXFSZ when we write: a limit on the size of its files.</summary>
    private static string? WhyImpossible(CaptureSettings settings)
    {
        const ulong JournalAndSome = 256UL << 20;
        Libc.Limit limit;
        if (Libc.getrlimit(Libc.RLIMIT_FSIZE, &limit) != 0)
            return null;
        ulong needed = Math.Max(JournalAndSome, (ulong)PoolLayout.ChunkOffset(settings.MaxChunks));
        return limit.Soft >= needed ? null : $"files of this process may have {limit.Soft} bytes at most (ulimit -f), and recording needs {needed}";
    }

    /// <summary>
    /// The tools that an SDK command starts are passed through as well, wherever it was started from: a script, <c>env</c>, <c>nice</c>. Our
    /// other variables stay, for the program at the end of the way.
    /// </summary>
    private static void TellChildrenOfSdk(ProfilerInfo info)
    {
        _ = info.SetEnvironmentVariable(CaptureLayout.BelowSdkVariable, "1");
        fixed (byte* name = "VIZTRACE_BELOW_SDK\0"u8)
        fixed (byte* value = "1\0"u8)
            _ = Libc.setenv(name, value, 1);
    }

    /// <summary>
    /// The program and its children see the environment that the user gave. Managed code reads the runtime's copy, native code libc's:
    /// both are cleaned. Safe here: the starting thread is the only one that runs code which reads the environment.
    /// </summary>
    private static void HideVariables(ProfilerInfo info)
    {
        foreach (string name in s_ourVariables)
        {
            _ = info.SetEnvironmentVariable(name, null);
            fixed (byte* bytes = Encoding.UTF8.GetBytes(name + '\0'))
                _ = Libc.unsetenv(bytes);
        }
    }

    private static string RuntimeLibrary(ProfilerInfo info)
    {
        Libc.DlInfo library;
        return Libc.dladdr(info.AnyRuntimeAddress, &library) == 0 ? "/" : Path.GetFullPath(Marshal.PtrToStringUTF8((nint)library.FileName) ?? "/");
    }

    private static bool MakeDirectory(string path)
    {
        fixed (byte* bytes = Encoding.UTF8.GetBytes(path + '\0'))
            return Libc.mkdir(bytes, 0x1C0 /* 0700: owner only */) == 0;
    }
}
