using System.Runtime.InteropServices;
using VizTrace.Profiler.Methods;
using VizTrace.Profiler.Session;
using VizTrace.Profiler.Threads;

namespace VizTrace.Profiler.Interop;

/// <summary>
/// ICorProfilerCallback to ICorProfilerCallback11, made by hand: a table whose unused slots answer "ok". Slot numbers from the runtime's
/// corprof.idl. No exception leaves a callback: what fails is a fault in the journal, and less is recorded.
/// </summary>
/// <remarks>
/// Beside each callback stands on which thread it comes, in which mode of the program's runtime, and which of its locks may be held: from the
/// contracts in vm/eetoprofinterfaceimpl.cpp and the callers there named. Preemptive: a collection does not wait for the thread, so it may
/// wait itself. Cooperative: a collection waits, so nothing of ours there waits for anything that could wait for a collection; we take no lock
/// in it and allocate nothing. In every callback our own runtime may have us wait until its collection is over: that stops only threads which
/// are inside this library, none of which waits for the program's runtime meanwhile, since each call into that lets our own runtime go on
/// (all but GetCurrentThreadId, which waits for nothing).
/// </remarks>
internal static unsafe class CallbackTable
{
    /// <summary>ICorProfilerCallback11 ends at 97 (LoadAsNotificationOnly); later ones get "ok" too.</summary>
    private const int Slots = 112;

    private static void*** s_callback;
    private static ProfilerInfo s_info;

    /// <summary>The callback object; one for the process.</summary>
    public static void* Create()
    {
        if (s_callback != null)
            return s_callback;
        var table = (void**)NativeMemory.Alloc(Slots, (nuint)sizeof(void*));
        for (int i = 0; i < Slots; i++)
            table[i] = (delegate* unmanaged<int>)&Nothing;
        table[0] = (delegate* unmanaged<void*, Guid*, void**, int>)&QueryInterface;
        table[1] = (delegate* unmanaged<void*, uint>)&CountReference;
        table[2] = (delegate* unmanaged<void*, uint>)&CountReference;
        table[3] = (delegate* unmanaged<void*, void**, int>)&Initialize;
        table[4] = (delegate* unmanaged<void*, int>)&Shutdown;
        table[14] = (delegate* unmanaged<void*, nuint, int, int>)&ModuleLoadFinished;
        table[15] = (delegate* unmanaged<void*, nuint, int>)&ModuleUnloadStarted;
        table[17] = (delegate* unmanaged<void*, nuint, nuint, int>)&ModuleAttachedToAssembly;
        table[23] = (delegate* unmanaged<void*, nuint, int, int>)&JitCompilationStarted;
        table[25] = (delegate* unmanaged<void*, nuint, int*, int>)&JitCachedFunctionSearchStarted;
        table[28] = (delegate* unmanaged<void*, nuint, nuint, int*, int>)&JitInlining;
        table[29] = (delegate* unmanaged<void*, nuint, int>)&ThreadCreated;
        table[30] = (delegate* unmanaged<void*, nuint, int>)&ThreadDestroyed;
        table[31] = (delegate* unmanaged<void*, nuint, uint, int>)&ThreadAssignedToOsThread;
        table[62] = (delegate* unmanaged<void*, nuint, int>)&ExceptionUnwindFunctionEnter;
        table[63] = (delegate* unmanaged<void*, int>)&ExceptionUnwindFunctionLeave;
        table[66] = (delegate* unmanaged<void*, nuint, nuint, int>)&ExceptionCatcherEnter;
        table[72] = (delegate* unmanaged<void*, nuint, uint, char*, int>)&ThreadNameChanged;
        table[92] = (delegate* unmanaged<void*, nuint, int, byte*, uint, int>)&DynamicMethodJitCompilationStarted;
        table[97] = (delegate* unmanaged<void*, int*, int>)&LoadAsNotificationOnly;
        s_callback = (void***)NativeMemory.Alloc((nuint)sizeof(void*));
        *s_callback = table;
        return s_callback;
    }

    [UnmanagedCallersOnly]
    private static int Nothing() => HResult.Ok;

    [UnmanagedCallersOnly]
    private static int QueryInterface(void* self, Guid* interfaceId, void** result)
    {
        *result = self;
        return HResult.Ok;
    }

    [UnmanagedCallersOnly]
    private static uint CountReference(void* self) => 1;

    /// <summary>The runtime asks whether we only watch; with the answer left unset it would take what lies there.</summary>
    [UnmanagedCallersOnly]
    private static int LoadAsNotificationOnly(void* self, int* notificationOnly)
    {
        *notificationOnly = 0;
        return HResult.Ok;
    }

    /// <summary>
    /// The starting thread, which has no Thread object yet. Preemptive; the runtime holds no lock (EEStartup calls it before there is another
    /// thread of it). We may do anything.
    /// </summary>
    [UnmanagedCallersOnly]
    private static int Initialize(void* self, void** unknown)
    {
        try
        {
            void** info;
            if (ProfilerInfo.QueryInterface(unknown, ProfilerInfo.InterfaceId, &info) < 0)
                return HResult.CancelActivation;
            s_info = new ProfilerInfo(info);
            return Recording.Start(s_info);
        }
        catch (Exception e) when (Note("Initialize", e))
        {
            return HResult.CancelActivation;
        }
    }

    /// <summary>
    /// The thread that ends the process in good order. Preemptive; no lock. One write.
    /// </summary>
    [UnmanagedCallersOnly]
    private static int Shutdown(void* self)
    {
        try
        {
            Recording.Shutdown();
        }
        catch (Exception e) when (Note("Shutdown", e))
        {
        }

        return HResult.Ok;
    }

    /// <summary>
    /// The loading thread. Preemptive; the loader's lock for that file (Assembly::DoIncrementalLoad). We take the metadata's, and the bucket
    /// lock of the module table, under which nothing is called.
    /// </summary>
    [UnmanagedCallersOnly]
    private static int ModuleLoadFinished(void* self, nuint module, int hr)
    {
        try
        {
            if (hr >= 0)
                MethodTable.AddModule(module);
        }
        catch (Exception e) when (Note("ModuleLoadFinished", e))
        {
        }

        return HResult.Ok;
    }

    /// <summary>
    /// Modules of a collectible context may get their name only when they are attached. Thread, mode and locks are those of
    /// ModuleLoadFinished.
    /// </summary>
    [UnmanagedCallersOnly]
    private static int ModuleAttachedToAssembly(void* self, nuint module, nuint assembly)
    {
        try
        {
            MethodTable.AddModule(module);
        }
        catch (Exception e) when (Note("ModuleAttachedToAssembly", e))
        {
        }

        return HResult.Ok;
    }

    /// <summary>
    /// The finalizer thread as a rule. Preemptive (Module::Destruct switches); the loader allocator's cleanup is under way, and no lock of the
    /// runtime's is held for it. We take the bucket lock of the module table; one write.
    /// </summary>
    [UnmanagedCallersOnly]
    private static int ModuleUnloadStarted(void* self, nuint module)
    {
        try
        {
            MethodTable.RemoveModule(module);
        }
        catch (Exception e) when (Note("ModuleUnloadStarted", e))
        {
        }

        return HResult.Ok;
    }

    /// <summary>
    /// The thread that compiles: the one that calls, or the tiering thread. Preemptive; the compile lock of that one method may be held
    /// (MethodDesc::JitCompileCodeLockedEventWrapper), and whatever the caller held: class constructors', for one. We take our lock for a
    /// module's signature tokens, under it the metadata's, and bucket locks under which nothing is called; a second thread with the same
    /// method yields until the first is done. Writes.
    /// </summary>
    [UnmanagedCallersOnly]
    private static int JitCompilationStarted(void* self, nuint function, int isSafeToBlock)
    {
        try
        {
            MethodTable.Compiling(function);
        }
        catch (Exception e) when (Note("JITCompilationStarted", e))
        {
        }

        return HResult.Ok;
    }

    /// <summary>
    /// As JITCompilationStarted; we take no lock of ours.
    /// </summary>
    [UnmanagedCallersOnly]
    private static int DynamicMethodJitCompilationStarted(void* self, nuint function, int isSafeToBlock, byte* body, uint bytes)
    {
        try
        {
            MethodTable.CompilingDynamic(function);
        }
        catch (Exception e) when (Note("DynamicMethodJITCompilationStarted", e))
        {
        }

        return HResult.Ok;
    }

    /// <summary>
    /// The thread that calls a method for the first time. Preemptive; whatever the caller held, as with JITCompilationStarted. We take no lock.
    /// </summary>
    [UnmanagedCallersOnly]
    private static int JitCachedFunctionSearchStarted(void* self, nuint function, int* useCached)
    {
        // Should we fail: the safe side. The runtime does not set it before it asks.
        *useCached = 0;
        try
        {
            *useCached = MethodTable.MayUsePrecompiled(function) ? 1 : 0;
        }
        catch (Exception e) when (Note("JITCachedFunctionSearchStarted", e))
        {
        }

        return HResult.Ok;
    }

    /// <summary>
    /// The compiler asks in the middle of a compilation: as JITCompilationStarted, and so are our locks, for the callee may be settled here.
    /// </summary>
    [UnmanagedCallersOnly]
    private static int JitInlining(void* self, nuint caller, nuint callee, int* mayInline)
    {
        *mayInline = 0;
        try
        {
            *mayInline = MethodTable.MayInline(callee) ? 1 : 0;
        }
        catch (Exception e) when (Note("JITInlining", e))
        {
        }

        return HResult.Ok;
    }

    /// <summary>
    /// The new thread itself, before any managed code of it. Preemptive; no lock (Thread::HasStarted, SetupThread). Our own runtime and libc's
    /// loader make room for the thread's local storage here: malloc, the loader's lock for that storage, our runtime's list of threads. So
    /// the slow path, in cooperative mode, finds all of it there. One write.
    /// </summary>
    [UnmanagedCallersOnly]
    private static int ThreadCreated(void* self, nuint thread)
    {
        try
        {
            ThreadTable.Created(thread);
        }
        catch (Exception e) when (Note("ThreadCreated", e))
        {
        }

        return HResult.Ok;
    }

    /// <summary>
    /// The ending thread, or another that cleans up behind it. Preemptive; the thread store's lock may be held (Thread::OnThreadTerminate). We
    /// take no lock; one write, in which a new thread of the program waits for the disk if the disk is slow.
    /// </summary>
    [UnmanagedCallersOnly]
    private static int ThreadDestroyed(void* self, nuint thread)
    {
        try
        {
            ThreadTable.Destroyed(thread);
        }
        catch (Exception e) when (Note("ThreadDestroyed", e))
        {
        }

        return HResult.Ok;
    }

    /// <summary>
    /// The thread itself. In any mode, and a collection must not be caused; no lock. We take none and do not call back; one write, for which a
    /// collection may have to wait.
    /// </summary>
    [UnmanagedCallersOnly]
    private static int ThreadAssignedToOsThread(void* self, nuint thread, uint osTid)
    {
        try
        {
            ThreadTable.Assigned(thread, osTid);
        }
        catch (Exception e) when (Note("ThreadAssignedToOSThread", e))
        {
        }

        return HResult.Ok;
    }

    /// <summary>
    /// The thread that gives the name, not always its owner. Preemptive; no lock. We take none; one write.
    /// </summary>
    [UnmanagedCallersOnly]
    private static int ThreadNameChanged(void* self, nuint thread, uint length, char* name)
    {
        try
        {
            ThreadTable.Named(thread, name == null ? default : new ReadOnlySpan<char>(name, (int)length));
        }
        catch (Exception e) when (Note("ThreadNameChanged", e))
        {
        }

        return HResult.Ok;
    }

    /// <summary>
    /// The throwing thread, in the middle of its unwinding. Cooperative as a rule, a collection must not be caused, and the thread must not wait;
    /// no lock. We take none, allocate nothing, and look methods up without a lock; a leave is recorded as by a probe.
    /// </summary>
    [UnmanagedCallersOnly]
    private static int ExceptionUnwindFunctionEnter(void* self, nuint function)
    {
        try
        {
            Unwinding.Enter(function);
        }
        catch (Exception e) when (Note("ExceptionUnwindFunctionEnter", e))
        {
        }

        return HResult.Ok;
    }

    /// <summary>
    /// As ExceptionUnwindFunctionEnter.
    /// </summary>
    [UnmanagedCallersOnly]
    private static int ExceptionUnwindFunctionLeave(void* self)
    {
        try
        {
            Unwinding.Leave();
        }
        catch (Exception e) when (Note("ExceptionUnwindFunctionLeave", e))
        {
        }

        return HResult.Ok;
    }

    /// <summary>
    /// As ExceptionUnwindFunctionEnter, always cooperative.
    /// </summary>
    [UnmanagedCallersOnly]
    private static int ExceptionCatcherEnter(void* self, nuint function, nuint thrown)
    {
        try
        {
            Unwinding.Caught();
        }
        catch (Exception e) when (Note("ExceptionCatcherEnter", e))
        {
        }

        return HResult.Ok;
    }

    /// <summary>Tells the journal; a filter so that every handler stays the same short line. An exception out of a filter would make it false.</summary>
    private static bool Note(string where, Exception e)
    {
        try
        {
            Journal.Fault(where, e);
        }
        catch (Exception)
        {
            // Not even this can be told: the program goes on, and less is recorded.
        }

        return true;
    }
}
