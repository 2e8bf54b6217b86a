namespace VizTrace.Profiler.Interop;

/// <summary>
/// ICorProfilerInfo (to ICorProfilerInfo11) by slot number; order and signatures from the runtime's corprof.idl. The pointer lives as long
/// as the runtime. Thread-safe as far as each call is in the profiling API's own rules; results are HRESULTs, negative on failure.
/// </summary>
internal readonly unsafe struct ProfilerInfo(void** self)
{
    /// <summary>ICorProfilerInfo11: .NET Core 3.1 and later; older runtimes go on without us.</summary>
    internal static readonly Guid InterfaceId = new(0x06398876, 0x8987, 0x4154, 0xb6, 0x21, 0x40, 0xa0, 0x0d, 0x6e, 0x4d, 0x04);

    private void** Table => *(void***)self;

    /// <summary>Some code address inside the runtime's own library.</summary>
    public void* AnyRuntimeAddress => Table[3];

    public int GetCurrentThreadId(nuint* thread) =>
        ((delegate* unmanaged[SuppressGCTransition]<void*, nuint*, int>)Table[13])(self, thread);

    public int GetFunctionInfo(nuint function, nuint* classId, nuint* module, uint* token) =>
        ((delegate* unmanaged<void*, nuint, nuint*, nuint*, uint*, int>)Table[15])(self, function, classId, module, token);

    public int SetEventMask(uint mask) => ((delegate* unmanaged<void*, uint, int>)Table[16])(self, mask);

    public int GetModuleMetaData(nuint module, uint openFlags, Guid* iid, void*** unknown) =>
        ((delegate* unmanaged<void*, nuint, uint, Guid*, void***, int>)Table[21])(self, module, openFlags, iid, unknown);

    public int GetILFunctionBody(nuint module, uint token, byte** body, uint* bytes) =>
        ((delegate* unmanaged<void*, nuint, uint, byte**, uint*, int>)Table[22])(self, module, token, body, bytes);

    public int GetILFunctionBodyAllocator(nuint module, void*** allocator) =>
        ((delegate* unmanaged<void*, nuint, void***, int>)Table[23])(self, module, allocator);

    public int SetILFunctionBody(nuint module, uint token, byte* body) =>
        ((delegate* unmanaged<void*, nuint, uint, byte*, int>)Table[24])(self, module, token, body);

    public int SetILInstrumentedCodeMap(nuint function, int startJit, uint count, void* map) =>
        ((delegate* unmanaged<void*, nuint, int, uint, void*, int>)Table[29])(self, function, startJit, count, map);

    public int GetRuntimeInformation(ushort* major, ushort* minor, ushort* build, ushort* revision)
    {
        ushort instance;
        int kind;
        return ((delegate* unmanaged<void*, ushort*, int*, ushort*, ushort*, ushort*, ushort*, uint, uint*, char*, int>)Table[67])(
            self, &instance, &kind, major, minor, build, revision, 0, null, null);
    }

    public int GetModuleInfo2(nuint module, byte** baseAddress, uint room, uint* length, char* name, nuint* assembly, uint* flags) =>
        ((delegate* unmanaged<void*, nuint, byte**, uint, uint*, char*, nuint*, uint*, int>)Table[70])(
            self, module, baseAddress, room, length, name, assembly, flags);

    public int GetDynamicFunctionInfo(nuint function, uint room, uint* length, char* name)
    {
        nuint module;
        byte* signature;
        uint signatureBytes;
        return ((delegate* unmanaged<void*, nuint, nuint*, byte**, uint*, uint, uint*, char*, int>)Table[89])(
            self, function, &module, &signature, &signatureBytes, room, length, name);
    }

    /// <summary>Sets a variable in the runtime's own copy of the environment, which managed code and its children see; null takes it out.</summary>
    public int SetEnvironmentVariable(string name, string? value)
    {
        fixed (char* text = name, content = value)
            return ((delegate* unmanaged<void*, char*, char*, int>)Table[100])(self, text, content);
    }

    /// <summary>QueryInterface on any COM pointer.</summary>
    public static int QueryInterface(void** unknown, in Guid iid, void*** result)
    {
        fixed (Guid* id = &iid)
            return ((delegate* unmanaged<void*, Guid*, void***, int>)(*(void***)unknown)[0])(unknown, id, result);
    }

    /// <summary>Release on any COM pointer.</summary>
    public static void Release(void** unknown) => ((delegate* unmanaged<void*, uint>)(*(void***)unknown)[2])(unknown);

    /// <summary>IMethodMalloc::Alloc: memory for a new body, owned by the module.</summary>
    public static byte* Alloc(void** allocator, uint bytes) =>
        (byte*)((delegate* unmanaged<void*, uint, void*>)(*(void***)allocator)[3])(allocator, bytes);
}

/// <summary>Event mask bits of corprof.idl.</summary>
internal static class EventMask
{
    public const uint ModuleLoads = 0x4;
    public const uint JitCompilation = 0x20;
    public const uint Exceptions = 0x40;
    public const uint Threads = 0x200;
    public const uint CacheSearches = 0x20000;
}

/// <summary>COR_PRF_MODULE_FLAGS of corprof.idl.</summary>
[Flags]
internal enum CorModuleFlags : uint
{
    /// <summary>Loaded from a file.</summary>
    Disk = 1,

    /// <summary>Made at run time.</summary>
    Dynamic = 4,

    /// <summary>The image lies in memory as the file does, not section by section.</summary>
    FlatLayout = 0x20,
}

/// <summary>HRESULTs that we return or test.</summary>
internal static class HResult
{
    public const int Ok = 0;
    public const int NoInterface = unchecked((int)0x80004002);
    public const int ClassNotAvailable = unchecked((int)0x80040111);

    /// <summary>CORPROF_E_PROFILER_CANCEL_ACTIVATION: the runtime unloads us without a word.</summary>
    public const int CancelActivation = unchecked((int)0x80131375);
}
