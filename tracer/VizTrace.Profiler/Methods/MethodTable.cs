using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using VizTrace.Profiler.Interop;
using VizTrace.Profiler.Probe;
using VizTrace.Profiler.Session;
using VizTrace.Records;

namespace VizTrace.Profiler.Methods;

/// <summary>
/// Which methods are recorded: knows the modules, rewrites a method right before it is first compiled, refuses precompiled code where a
/// recorded method could hide in it, and lets no method be inlined before it has its probes, so that inlined callees carry them along.
/// </summary>
internal static unsafe class MethodTable
{
    /// <summary>What is asked of the runtime from the start; exception callbacks only once a method needs them.</summary>
    public const uint BaseEvents = EventMask.ModuleLoads | EventMask.JitCompilation | EventMask.CacheSearches | EventMask.Threads;

    private static readonly ConcurrentDictionary<nuint, TracedModule> s_modules = new();
    private static ProfilerInfo s_info;
    private static MethodChoice s_choice = null!;
    private static MethodRecorder s_recorder = null!;
    private static int s_moduleCount;

    /// <summary><see cref="MethodRecorder.Epoch"/> when the compilation that runs on this thread began.</summary>
    [ThreadStatic]
    private static long s_compilingSince;

    /// <summary>Prepares for the first module.</summary>
    public static void Start(ProfilerInfo info, CaptureSettings settings, string runtimeDirectory)
    {
        s_info = info;
        s_choice = new MethodChoice(settings, runtimeDirectory);
        s_recorder = new MethodRecorder(info, s_choice);
    }

    /// <summary>A module was loaded (told twice for some: the second time changes nothing).</summary>
    public static void AddModule(nuint id)
    {
        if (s_modules.ContainsKey(id))
            return;
        const int Room = 2048;
        char* buffer = stackalloc char[Room];
        byte* baseAddress;
        uint length, flags;
        nuint assembly;
        if (s_info.GetModuleInfo2(id, &baseAddress, Room, &length, buffer, &assembly, &flags) < 0)
            return;
        string path = length == 0 ? "" : new string(buffer, 0, (int)Math.Min(length, Room) - 1);
        ModuleMetadata? metadata = ModuleMetadata.TryOpen(s_info, id);
        if (metadata == null)
            return;
        string name = Path.GetFileName(path);
        ModuleFlags known = s_choice.Flags(path, name);
        if (((CorModuleFlags)flags & CorModuleFlags.Dynamic) != 0)
            known |= ModuleFlags.Dynamic;
        else if (((CorModuleFlags)flags & CorModuleFlags.Disk) == 0 || path.Length == 0)
            known |= ModuleFlags.InMemory;
        uint index = (uint)(Interlocked.Increment(ref s_moduleCount) - 1);
        bool isApi = name == ProgramApi.Module;
        bool touched = isApi || (known & ModuleFlags.Included) != 0 || s_choice.IgnoresIn(name, known);
        FunctionMarks? marks = touched && !isApi ? FunctionMarks.Find(metadata) : null;
        if (marks is { HasTraceOnly: true })
        {
            known |= ModuleFlags.HasTraceOnly;
            Ignoring.ExpectTraceOnly();
        }

        var module = new TracedModule(id, index, name, known, metadata)
        {
            IsTouched = touched,
            Marks = marks,
            RefusesPrecompiled = touched || RefusesPrecompiled(known, baseAddress, flags),
        };
        if (name == MethodChoice.CoreLibrary && metadata.MethodOf(Unwinding.DispatcherType, Unwinding.DispatcherMethod) is var dispatcher && dispatcher != 0)
            module.UnwoundWords[dispatcher] = Unwinding.Dispatches;
        if (!s_modules.TryAdd(id, module))
        {
            metadata.Close();
            return;
        }

        Span<byte> room = stackalloc byte[Journal.EntryRoom];
        var entry = new EntryWriter(room, (uint)JournalKind.Module);
        entry.U32(index);
        entry.U32((uint)known);
        entry.Text(path);
        entry.Text(name);
        ReadOnlySpan<Guid> mvid = [metadata.Mvid()];
        ReadOnlySpan<ulong> halves = System.Runtime.InteropServices.MemoryMarshal.Cast<Guid, ulong>(mvid);
        entry.U64(halves[0]);
        entry.U64(halves[1]);
        Journal.Append(entry.Finish());
    }

    /// <summary>A module goes; its id may be used again for another.</summary>
    public static void RemoveModule(nuint id)
    {
        if (!s_modules.TryRemove(id, out TracedModule? module))
            return;
        Span<byte> room = stackalloc byte[256];
        var entry = new EntryWriter(room, (uint)JournalKind.ModuleUnloaded);
        entry.U32(module.Index);
        entry.U64(ProbeClock.Now());
        Journal.Append(entry.Finish());
        module.Metadata.Close();
    }

    /// <summary>A method is about to be compiled: the last moment to give it its probes.</summary>
    public static void Compiling(nuint function)
    {
        if (TryFind(function, out TracedModule? module, out uint token) && module.IsTouched)
            s_recorder.Ensure(module, token, function);
        s_compilingSince = s_recorder.Epoch;
    }

    /// <summary>
    /// A dynamic method (expression trees, Regex, serializers) is about to be compiled. It belongs to no module and its IL cannot be replaced:
    /// it is listed, by the name that its maker gave it.
    /// </summary>
    public static void CompilingDynamic(nuint function)
    {
        const int Room = 512;
        s_compilingSince = s_recorder.Epoch;
        if (!s_choice.RecordsAll || !s_recorder.MayListDynamic())
            return;
        char* name = stackalloc char[Room];
        uint length;
        if (s_info.GetDynamicFunctionInfo(function, Room, &length, name) < 0 || length == 0)
            length = 1;
        Span<byte> room = stackalloc byte[Journal.EntryRoom];
        var entry = new EntryWriter(room, (uint)JournalKind.NotRecorded);
        entry.U32(uint.MaxValue);
        entry.U32(0);
        entry.U32((uint)NotRecordedReason.Dynamic);
        entry.Text("(dynamic)");
        entry.Text(new ReadOnlySpan<char>(name, (int)Math.Min(length, Room) - 1));
        entry.Text("");
        entry.Text("");
        Journal.Append(entry.Finish());
    }

    /// <summary>Whether precompiled code of the function's module may be used.</summary>
    public static bool MayUsePrecompiled(nuint function) => !TryFind(function, out TracedModule? module, out _) || !module.RefusesPrecompiled;

    /// <summary>
    /// Whether a callee may be inlined: when it gets no probes, or had them before this compilation began. The compiler reads a callee's body
    /// before it asks here, so that one rewritten since, on this thread or another, stays a call this time.
    /// </summary>
    public static bool MayInline(nuint callee)
    {
        if (!TryFind(callee, out TracedModule? module, out uint token) || !module.IsTouched)
            return true;
        SettledMethod method = module.Methods.TryGetValue(token, out SettledMethod known) ? known : s_recorder.Ensure(module, token, callee);
        return method.State == MethodState.Left || (method.State == MethodState.Recorded && method.Epoch <= s_compilingSince);
    }

    /// <summary>
    /// Precompiled code of a module of which methods are recorded has its callees inlined without probes. So has that of other modules
    /// compiled together with it: the framework's own always are, a program's sometimes.
    /// </summary>
    private static bool RefusesPrecompiled(ModuleFlags known, byte* image, uint flags)
    {
        if ((known & ModuleFlags.Framework) != 0)
            return s_choice.ReachesFramework;
        return s_choice.IsNarrow && (known & (ModuleFlags.Dynamic | ModuleFlags.InMemory)) == 0
            && PrecompiledImage.MayHoldForeignCode(image, ((CorModuleFlags)flags & CorModuleFlags.FlatLayout) != 0);
    }

    /// <summary>
    /// The leave word of a method whose frames are recorded from the unwind callbacks, with <see cref="Unwinding.HasClauses"/>; 0 for all
    /// others.
    /// </summary>
    public static uint UnwoundWord(nuint function) =>
        TryFind(function, out TracedModule? module, out uint token) && module.UnwoundWords.TryGetValue(token, out uint word) ? word : 0;

    /// <summary>The module and token of a function; false for dynamic methods, which have neither.</summary>
    private static bool TryFind(nuint function, [NotNullWhen(true)] out TracedModule? module, out uint token)
    {
        nuint classId, moduleId;
        uint method;
        module = null;
        token = 0;
        if (s_info.GetFunctionInfo(function, &classId, &moduleId, &method) < 0 || !s_modules.TryGetValue(moduleId, out module))
            return false;
        token = method;
        return true;
    }
}
