using VizTrace.Records;

namespace VizTrace.Capture;

/// <summary>A module as the journal names it.</summary>
/// <param name="Path">Path, or empty when it was loaded from memory.</param>
/// <param name="Name">File name: <c>App.dll</c>.</param>
/// <param name="Flags">What is known of it.</param>
/// <param name="Mvid">Identity of this very build.</param>
internal sealed record ModuleEntry(string Path, string Name, ModuleFlags Flags, Guid Mvid);

/// <summary>An entry about a thread. Fields that its kind does not have are 0 or null.</summary>
internal readonly record struct ThreadEntry(JournalKind Kind, ulong Ticks, uint Slot, long Tid, ulong Key, int ManagedId, string? Name);

/// <summary>A function's entry, with its names as the metadata has them.</summary>
internal readonly record struct FunctionEntry(
    uint Module, uint Token, string Type, string Method, string TypeParameters, string MethodParameters)
{
    /// <summary>The name to show.</summary>
    public string ReadableName => Records.ReadableName.Of(Type, Method, TypeParameters, MethodParameters);
}

/// <summary>
/// The journal of one process. Functions are only located here and decoded when one is used: most of a big program's never run.
/// Immutable once read.
/// </summary>
internal sealed class Journal
{
    private readonly byte[] _bytes;
    private readonly List<int> _notRecorded = [];
    private readonly Dictionary<uint, ModuleEntry> _modules = [];
    private int[] _functions = [];

    private Journal(byte[] bytes) => _bytes = bytes;

    /// <summary>Whether the first entry, <see cref="JournalKind.Process"/>, was found.</summary>
    public bool HasProcess { get; private set; }

    /// <summary>Process id as the program sees it.</summary>
    public uint ProcessId { get; private set; }

    /// <summary>Ticks at the profiler's start.</summary>
    public ulong StartTicks { get; private set; }

    /// <summary>CLOCK_MONOTONIC at the same time, ns.</summary>
    public ulong StartNs { get; private set; }

    /// <summary>What ticks are; 0 when not known.</summary>
    public ClockKind Clock { get; private set; }

    /// <summary>Which probe; 0 when not known.</summary>
    public ProbeKind Probe { get; private set; }

    /// <summary>Version of the runtime, as it names itself.</summary>
    public string Runtime { get; private set; } = "";

    /// <summary>Command line, arguments parted by NUL.</summary>
    public string CommandLine { get; private set; } = "";

    /// <summary>Path of the entry assembly, or empty.</summary>
    public string EntryAssembly { get; private set; } = "";

    /// <summary>Why the process was left alone; null when it was not.</summary>
    public string? PassedThrough { get; private set; }

    /// <summary>Where the profiler's own code failed, and how.</summary>
    public List<string> Faults { get; } = [];

    /// <summary>Everything about threads, in the order of the file.</summary>
    public List<ThreadEntry> Threads { get; } = [];

    /// <summary>Latest ticks in any entry about a thread or the end; 0: none.</summary>
    public ulong LastTicks { get; private set; }

    /// <summary>Bytes that are no whole entry; empty when the file is whole.</summary>
    public List<Hole> Holes { get; } = [];

    /// <summary>By slot: what a thread lost after its last chunk: records, ticks when that began and when it ended.</summary>
    public Dictionary<uint, (ulong Records, ulong FromTicks, ulong ToTicks)> LostAtEnd { get; } = [];

    /// <summary>By slot: why the thread was recorded no more.</summary>
    public Dictionary<uint, ThreadIgnoredReason> Ignored { get; } = [];

    /// <summary>Functions marked [TraceOnly].</summary>
    public HashSet<uint> TraceOnly { get; } = [];

    /// <summary>Whether only they, and what is below them, are wanted.</summary>
    public bool HasTraceOnly => TraceOnly.Count > 0 || _modules.Values.Any(m => (m.Flags & ModuleFlags.HasTraceOnly) != 0);

    /// <summary>Largest function id that has an entry; 0: none.</summary>
    public uint LastFunction { get; private set; }

    /// <summary>Reads every whole entry of <paramref name="bytes"/>.</summary>
    public static Journal Read(byte[] bytes)
    {
        var journal = new Journal(bytes);
        var entries = new EntryScanner(bytes, journal.Holes);
        while (entries.TryNext(out uint kind, out ReadOnlySpan<byte> payload, out int offset))
            journal.Take((JournalKind)kind, payload, offset);
        return journal;
    }

    /// <summary>The module with an index; null when it has no entry.</summary>
    public ModuleEntry? Module(uint index) => _modules.GetValueOrDefault(index);

    /// <summary>The function with an id; null when it has no entry.</summary>
    public FunctionEntry? Function(uint id)
    {
        if (id >= _functions.Length || _functions[id] == 0)
            return null;
        _ = Entry.TryRead(_bytes.AsSpan(_functions[id] - 1), out _, out ReadOnlySpan<byte> payload, out _);
        var reader = new EntryReader(payload);
        reader.U32();
        uint module = reader.U32(), token = reader.U32();
        reader.U32();
        return new FunctionEntry(module, token, reader.Text(), reader.Text(), reader.Text(), reader.Text());
    }

    /// <summary>Indices and entries of all modules.</summary>
    public IEnumerable<KeyValuePair<uint, ModuleEntry>> Modules => _modules;

    /// <summary>Id, module and token of every function, without its names, by id.</summary>
    public IEnumerable<(uint Id, uint Module, uint Token)> FunctionTokens()
    {
        for (uint id = 1; id <= LastFunction; id++)
        {
            if (_functions[id] != 0)
                yield return TokenOf(id);
        }
    }

    /// <summary>Number of methods that have no slices and say why.</summary>
    public int NotRecordedCount => _notRecorded.Count;

    /// <summary>One of them, in the order of the file.</summary>
    public (FunctionEntry Function, NotRecordedReason Reason) NotRecordedAt(int index)
    {
        _ = Entry.TryRead(_bytes.AsSpan(_notRecorded[index]), out _, out ReadOnlySpan<byte> payload, out _);
        var reader = new EntryReader(payload);
        uint module = reader.U32(), token = reader.U32();
        var reason = (NotRecordedReason)reader.U32();
        return (new FunctionEntry(module, token, reader.Text(), reader.Text(), reader.Text(), reader.Text()), reason);
    }

    private (uint Id, uint Module, uint Token) TokenOf(uint id)
    {
        _ = Entry.TryRead(_bytes.AsSpan(_functions[id] - 1), out _, out ReadOnlySpan<byte> payload, out _);
        var reader = new EntryReader(payload);
        return (reader.U32(), reader.U32(), reader.U32());
    }

    private void Take(JournalKind kind, ReadOnlySpan<byte> payload, int offset)
    {
        var reader = new EntryReader(payload);
        switch (kind)
        {
            case JournalKind.Process:
                TakeProcess(ref reader);
                break;
            case JournalKind.Module:
                uint index = reader.U32();
                var flags = (ModuleFlags)reader.U32();
                string path = reader.Text(), name = reader.Text();
                Span<byte> mvid = stackalloc byte[16];
                BitConverter.TryWriteBytes(mvid, reader.U64());
                BitConverter.TryWriteBytes(mvid[8..], reader.U64());
                _modules[index] = new ModuleEntry(path, name, flags, new Guid(mvid));
                break;
            case JournalKind.Function:
                uint id = reader.U32();
                TakeFunction(id, offset);
                reader.U32();
                reader.U32();
                if (((ProbeStyle)reader.U32() & ProbeStyle.TraceOnly) != 0)
                    TraceOnly.Add(id);
                break;
            case JournalKind.NotRecorded:
                _notRecorded.Add(offset);
                break;
            case JournalKind.ThreadIgnored:
                uint slot = reader.U32();
                LastTicks = Math.Max(LastTicks, reader.U64());
                Ignored.TryAdd(slot, (ThreadIgnoredReason)reader.U32());
                break;
            case JournalKind.Shutdown:
                LastTicks = Math.Max(LastTicks, reader.U64());
                break;
            case JournalKind.PassedThrough:
                PassedThrough = reader.Text();
                break;
            case JournalKind.Fault:
                reader.U64();
                Faults.Add($"{reader.Text()}: {reader.Text()}");
                break;
            default:
                if (ReadThread(kind, ref reader) is { } thread)
                {
                    Threads.Add(thread);
                    LastTicks = Math.Max(LastTicks, thread.Ticks);
                }

                break;
        }
    }

    private void TakeProcess(ref EntryReader reader)
    {
        HasProcess = true;
        ProcessId = reader.U32();
        StartTicks = reader.U64();
        StartNs = reader.U64();
        Clock = (ClockKind)reader.U32();
        Probe = (ProbeKind)reader.U32();
        Runtime = reader.Text();
        CommandLine = reader.Text();
        EntryAssembly = reader.Text();
    }

    private void TakeFunction(uint id, int offset)
    {
        if (id is 0 or > Record.LastFunctionId)
            return;
        if (id >= _functions.Length)
            Array.Resize(ref _functions, (int)Math.Min(Record.LastFunctionId + 1, Math.Max(id + 1, (uint)_functions.Length * 2)));
        _functions[id] = offset + 1;
        LastFunction = Math.Max(LastFunction, id);
    }

    private ThreadEntry? ReadThread(JournalKind kind, ref EntryReader reader)
    {
        switch (kind)
        {
            case JournalKind.ThreadSlot:
                {
                    uint slot = reader.U32();
                    long tid = (long)reader.U64();
                    ulong ticks = reader.U64(), key = reader.U64();
                    int managedId = (int)reader.U32();
                    return new ThreadEntry(kind, ticks, slot, tid, key, managedId, reader.Text());
                }

            case JournalKind.ThreadSlotEnded:
                {
                    uint slot = reader.U32();
                    ulong ticks = reader.U64();
                    string name = reader.Text();
                    if (reader.U64() is > 0 and ulong lost)
                        LostAtEnd.TryAdd(slot, (lost, reader.U64(), ticks));
                    return new ThreadEntry(kind, ticks, slot, 0, 0, 0, name);
                }

            case JournalKind.ThreadAssigned:
                {
                    ulong key = reader.U64();
                    long tid = (long)reader.U64();
                    return new ThreadEntry(kind, reader.U64(), 0, tid, key, (int)reader.U32(), null);
                }

            case JournalKind.ThreadCreated or JournalKind.ThreadNamed or JournalKind.ThreadDestroyed:
                {
                    ulong key = reader.U64(), ticks = reader.U64();
                    int managedId = (int)reader.U32();
                    return new ThreadEntry(kind, ticks, 0, 0, key, managedId, kind == JournalKind.ThreadNamed ? reader.Text() : null);
                }

            default:
                return null;
        }
    }
}
