using System.Runtime.InteropServices;

namespace VizTrace.Profiler.Interop;

/// <summary>How the runtime gets its callback object: DllGetClassObject gives a class factory, the factory gives the callback.</summary>
internal static unsafe class Exports
{
    private static readonly Guid s_unknown = new(0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46);
    private static readonly Guid s_classFactory = new(1, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46);
    private static void*** s_factory;

    /// <summary>Entry of the library, called by the runtime with our CLSID.</summary>
    [UnmanagedCallersOnly(EntryPoint = "DllGetClassObject")]
    public static int DllGetClassObject(Guid* classId, Guid* interfaceId, void** result)
    {
        Libc.GiveActivationBack();
        if (classId == null || interfaceId == null || result == null || *classId != new Guid(Records.CaptureLayout.ProfilerClassId))
            return HResult.ClassNotAvailable;
        if (*interfaceId != s_classFactory && *interfaceId != s_unknown)
            return HResult.NoInterface;
        if (s_factory == null)
        {
            var table = (void**)NativeMemory.Alloc(5, (nuint)sizeof(void*));
            table[0] = (delegate* unmanaged<void*, Guid*, void**, int>)&QueryFactory;
            table[1] = (delegate* unmanaged<void*, uint>)&CountReference;
            table[2] = (delegate* unmanaged<void*, uint>)&CountReference;
            table[3] = (delegate* unmanaged<void*, void*, Guid*, void**, int>)&CreateInstance;
            table[4] = (delegate* unmanaged<void*, int, int>)&LockServer;
            s_factory = (void***)NativeMemory.Alloc((nuint)sizeof(void*));
            *s_factory = table;
        }

        *result = s_factory;
        return HResult.Ok;
    }

    [UnmanagedCallersOnly]
    private static int QueryFactory(void* self, Guid* interfaceId, void** result)
    {
        *result = *interfaceId == s_classFactory || *interfaceId == s_unknown ? self : null;
        return *result == null ? HResult.NoInterface : HResult.Ok;
    }

    /// <summary>The objects live as long as the process: references are not counted.</summary>
    [UnmanagedCallersOnly]
    private static uint CountReference(void* self) => 1;

    [UnmanagedCallersOnly]
    private static int CreateInstance(void* self, void* outer, Guid* interfaceId, void** result)
    {
        *result = CallbackTable.Create();
        return HResult.Ok;
    }

    [UnmanagedCallersOnly]
    private static int LockServer(void* self, int locked) => HResult.Ok;
}
