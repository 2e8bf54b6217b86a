using System.Runtime.CompilerServices;
using VizTrace.Profiler.Interop;

namespace VizTrace.Profiler.Probe;

/// <summary>
/// Our values in a thread's own block, kept as pthread-specific data, so that libc tells us of a thread's end and machine code can reach
/// them through the fs register: the first 32 keys of glibc lie inside the thread block itself (struct pthread, specific_1stblock),
/// 16 bytes each, the value at +8.
/// </summary>
/// <remarks>
/// The state key is made first: destructors run in the order of keys and each value is cleared before its destructor runs, so the cursor
/// is still there when the state's destructor closes the thread's chunk. Our own runtime's key was made before ours: when our destructor
/// runs it has let the thread go, so the destructor makes no transition into it and does nothing that would need one.
/// </remarks>
internal static unsafe class ThreadBlock
{
    private static uint s_stateKey, s_cursorKey, s_depthKey, s_parkedKey, s_lastWordKey;

    /// <summary>Offset from fs of the cursor; 0: not found, the stub cannot be used.</summary>
    public static int CursorOffset { get; private set; }

    /// <summary>Offset from fs of the state; 0: not found.</summary>
    public static int StateOffset { get; private set; }

    /// <summary>Offset from fs of the depth counter.</summary>
    public static int DepthOffset { get; private set; }

    /// <summary>Offset from fs of the parked cursor.</summary>
    public static int ParkedOffset { get; private set; }

    /// <summary>Offset from fs of the last word.</summary>
    public static int LastWordOffset { get; private set; }

    /// <summary>Makes the keys; <paramref name="atThreadEnd"/> gets the state pointer of a thread that ends. False: no key left.</summary>
    public static bool Create(delegate*<void*, void> atThreadEnd)
    {
        uint state, cursor, depth, parked, lastWord;
        if (Libc.pthread_key_create(&state, atThreadEnd) != 0 || Libc.pthread_key_create(&cursor, null) != 0
            || Libc.pthread_key_create(&depth, null) != 0 || Libc.pthread_key_create(&parked, null) != 0
            || Libc.pthread_key_create(&lastWord, null) != 0)
        {
            return false;
        }

        (s_stateKey, s_cursorKey, s_depthKey, s_parkedKey, s_lastWordKey) = (state, cursor, depth, parked, lastWord);
        return true;
    }

    /// <summary>
    /// Finds where in the thread block the values lie, by writing a magic number through the API and looking for it. The block is read
    /// from 0x100 up (before it lies the TCB header) and only as far as glibc's struct pthread reaches (0x700 in 2.36).
    /// </summary>
    public static void FindOffsets()
    {
        CursorOffset = FindOffset(s_cursorKey);
        StateOffset = FindOffset(s_stateKey);
        DepthOffset = FindOffset(s_depthKey);
        ParkedOffset = FindOffset(s_parkedKey);
        LastWordOffset = FindOffset(s_lastWordKey);
        if (DepthOffset == 0 || ParkedOffset == 0 || LastWordOffset == 0)
            CursorOffset = 0;
    }

    /// <summary>State of the current thread; null before its first record and after its end.</summary>
    public static ThreadRecord* State
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (ThreadRecord*)DirectLibc.GetSpecific(s_stateKey);
        set => DirectLibc.SetSpecific(s_stateKey, value);
    }

    /// <summary>
    /// Where the current thread writes its next record. A multiple of the chunk size: there is no room, or no chunk, or it is a
    /// <see cref="CursorMark"/>.
    /// </summary>
    public static ulong* Cursor
    {
        get => (ulong*)DirectLibc.GetSpecific(s_cursorKey);
        set => DirectLibc.SetSpecific(s_cursorKey, value);
    }

    /// <summary>Where the cursor stood before it became a mark.</summary>
    public static ulong* Parked
    {
        get => (ulong*)DirectLibc.GetSpecific(s_parkedKey);
        set => DirectLibc.SetSpecific(s_parkedKey, value);
    }

    /// <summary>Open calls under a depth limit; without one, calls in a scope.</summary>
    public static nint Depth
    {
        get => (nint)DirectLibc.GetSpecific(s_depthKey);
        set => DirectLibc.SetSpecific(s_depthKey, (void*)value);
    }

    /// <summary>Word of the last probe, recorded or not, since an unwind callback last told of a frame; 0: none.</summary>
    public static uint LastWord
    {
        get => (uint)(nuint)DirectLibc.GetSpecific(s_lastWordKey);
        set => DirectLibc.SetSpecific(s_lastWordKey, (void*)(nuint)value);
    }

    private static int FindOffset(uint key)
    {
        const ulong MagicA = 0x5A17_C0DE_8BAD_F00D, MagicB = 0x1CEB_00DA_5A17_C0DE;
        byte* block = FsBase();
        if (block == null)
            return 0;
        int found = 0;
        DirectLibc.SetSpecific(key, (void*)MagicA);
        for (int offset = 0x100; offset < 0x700 && found == 0; offset += 8)
        {
            if (*(ulong*)(block + offset) == MagicA)
                found = offset;
        }

        // A second value must show up at the same place: the first could have been a stale copy.
        DirectLibc.SetSpecific(key, (void*)MagicB);
        if (found != 0 && *(ulong*)(block + found) != MagicB)
            found = 0;
        DirectLibc.SetSpecific(key, null);
        return found;
    }

    /// <summary>The thread block's own address: fs:0x10 (tcbhead_t.self) on x86-64; null elsewhere.</summary>
    private static byte* FsBase()
    {
        if (!System.Runtime.Intrinsics.X86.X86Base.X64.IsSupported)
            return null;

        // mov rax, fs:[0x10]; ret
        ReadOnlySpan<byte> code = [0x64, 0x48, 0x8B, 0x04, 0x25, 0x10, 0x00, 0x00, 0x00, 0xC3];
        void* page = ExecutableCode.Write(code);
        return page == null ? null : (byte*)((delegate* unmanaged[SuppressGCTransition]<void*>)page)();
    }
}
