using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VizTrace.Records;

namespace VizTrace.Profiler.Probe;

/// <summary>
/// The hot path. Rewritten methods call it with one 24-bit word (<see cref="Records.Record"/>), as a managed calli: no transition. It is machine
/// code written at start; without an invariant time-stamp counter or a known place in the thread block, and on request, C# compiled ahead of time.
/// </summary>
internal static unsafe class ProbeCode
{
    private static int s_maxDepth;
    private static delegate*<Look> s_look;

    /// <summary>Address for the calli.</summary>
    public static nint Address { get; private set; }

    /// <summary>Whether calls that are too deep are counted and not recorded.</summary>
    public static bool HasDepthLimit => s_maxDepth > 0;

    /// <summary>Which of the two it is.</summary>
    public static ProbeKind Kind { get; private set; }

    /// <summary>
    /// Makes the probe; <paramref name="forced"/> is the value of VIZTRACE_PROBE, <paramref name="maxDepth"/> 0 for no limit. The stub alone
    /// heeds <paramref name="chunkRecords"/>, see <see cref="CaptureLayout.ChunkRecordsVariable"/>.
    /// </summary>
    public static void Create(string? forced, int maxDepth, string? chunkRecords)
    {
        s_maxDepth = maxDepth;
        Kind = ProbeKind.Portable;
        Address = (nint)(delegate*<uint, void>)(maxDepth > 0 ? &PortableWithDepth : &Portable);
        ThreadBlock.FindOffsets();
        s_look = WriteLook();
        if (forced == "portable" || ProbeClock.Kind != ClockKind.Tsc || ThreadBlock.CursorOffset == 0 || ThreadBlock.StateOffset == 0)
            return;
        bool small = int.TryParse(chunkRecords, out int records) && int.IsPow2(records) && records < PoolLayout.RecordsPerChunk;
        void* code = WriteStub(maxDepth, small ? (records * sizeof(ulong)) - 1 : PoolLayout.ChunkBytes - 1);
        if (code == null)
            return;
        Address = (nint)code;
        Kind = ProbeKind.Stub;
    }

    /// <summary>
    /// Records a word from one of our own callbacks (leaves of unwound frames), on the current thread. With a transition out of our own
    /// runtime: the slow path comes back in through UnmanagedCallersOnly, which demands that the thread is outside.
    /// </summary>
    public static void Record(uint word) => ((delegate* unmanaged<uint, void>)Address)(word);

    /// <summary>
    /// The portable probe. Called straight by the program's code, without the transition that UnmanagedCallersOnly makes (20 % of the whole
    /// probe): on every platform we build for, a managed function of one integer has the native convention. That is right only because
    /// nothing below touches an object, allocates, throws, runs a static constructor or polls for a collection: to our own collector the
    /// thread stays where it was, outside. So native functions are called here through managed function pointers, never by P/Invoke, not
    /// even with SuppressGCTransition, which polls behind the call and would wait as if the thread were inside. Whatever needs more goes
    /// through <see cref="SlowPath.Record"/>, which makes the transition.
    /// </summary>
    private static void Portable(uint word)
    {
        // One call for both: each costs what has to be saved across it, a third of the probe's own time.
        Look look = s_look();
        Write(look.State, look.Ticks, word);
    }

    private static Look LookPortably() => new() { Ticks = ProbeClock.Now(), State = ThreadBlock.State };

    /// <summary>rdtsc; shl rdx, 32; or rdx, rax; mov rax, fs:[state]; ret. Two integers come back in rax and rdx.</summary>
    private static delegate*<Look> WriteLook()
    {
        if (ProbeClock.Kind != ClockKind.Tsc || ThreadBlock.StateOffset == 0)
            return &LookPortably;
        Span<byte> code = [0x0F, 0x31, 0x48, 0xC1, 0xE2, 0x20, 0x48, 0x09, 0xC2, 0x64, 0x48, 0x8B, 0x04, 0x25, 0, 0, 0, 0, 0xC3];
        BinaryPrimitives.WriteInt32LittleEndian(code[14..], ThreadBlock.StateOffset);
        void* written = ExecutableCode.Write(code);
        return written == null ? &LookPortably : (delegate*<Look>)written;
    }

    private static void PortableWithDepth(uint word)
    {
        // The state is made by the thread's first record, at depth 1, which is never too deep.
        ThreadRecord* state = ThreadBlock.State;
        if (state == null)
        {
            Write(state, 0, word);
            state = ThreadBlock.State;
            if (state != null)
                state->Depth = 1;
            return;
        }

        state->LastWord = word;
        int depth = (word & 1) == 0 ? ++state->Depth : state->Depth--;
        if (depth <= s_maxDepth)
            Write(state, ProbeClock.Now(), word);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Write(ThreadRecord* state, ulong ticks, uint word)
    {
        ulong* cursor = state == null ? null : state->Cursor;
        if (((nuint)cursor & (PoolLayout.ChunkBytes - 1)) == 0)
        {
            ((delegate*<uint, void>)(nint)(delegate* unmanaged<uint, void>)&SlowPath.Record)(word);
            return;
        }

        // One aligned 8-byte store: a reader, or what a killed process leaves, has the whole record or a zero.
        Volatile.Write(ref *cursor, Records.Record.Make(ticks, word));
        state->Cursor = cursor + 1;
    }

    /// <summary>
    /// The stub: edi holds the word; rax, rcx, rdx are free in the managed convention too. The cursor is tested before the clock is read,
    /// since the clock is what costs (two rdtsc are 17.7 ns of a pair's 18 to 21). x86 keeps stores in order, so the record is in memory
    /// before the cursor moves past it.
    /// </summary>
    private static void* WriteStub(int maxDepth, int fullMask)
    {
        Span<byte> code = stackalloc byte[192];
        int n = 0;
        if (maxDepth > 0)
        {
            int depth = ThreadBlock.DepthOffset;
            n = PutFs(code, n, [0x64, 0x48, 0x8B, 0x04, 0x25], ThreadBlock.StateOffset); // mov rax, fs:[state]
            n = Put(code, n, [0x48, 0x85, 0xC0]);                         // test rax, rax
            n = Put(code, n, [0x74, 0x06]);                               // jz over the next
            n = PutFs(code, n, [0x89, 0xB8], ThreadRecord.LastWordOffset); // mov [rax + LastWord], edi
            n = Put(code, n, [0x40, 0xF6, 0xC7, 0x01]);                   // test dil, 1
            n = Put(code, n, [0x75, 0x00]);                               // jnz leave, patched below
            int toLeave = n - 1;
            n = PutFs(code, n, [0x64, 0x48, 0x8B, 0x04, 0x25], depth);    // mov rax, fs:[depth]     
            n = Put(code, n, [0x48, 0xFF, 0xC0]);                         // inc rax
            n = Put(code, n, [0xEB, 0x00]);                               // jmp store, patched below
            int jump = n - 1;
            code[toLeave] = (byte)(n - (toLeave + 1));
            n = PutFs(code, n, [0x64, 0x48, 0x8B, 0x0C, 0x25], depth);    // leave: mov rcx, fs:[depth]
            n = Put(code, n, [0x48, 0x8D, 0x41, 0xFF]);                   // lea rax, [rcx-1]
            n = PutFs(code, n, [0x64, 0x48, 0x89, 0x04, 0x25], depth);    // mov fs:[depth], rax
            n = Put(code, n, [0x48, 0x89, 0xC8]);                         // mov rax, rcx
            n = Put(code, n, [0xEB, 0x09]);                               // jmp compare (over the store)
            code[jump] = (byte)(n - (jump + 1));
            n = PutFs(code, n, [0x64, 0x48, 0x89, 0x04, 0x25], depth);    // store: mov fs:[depth], rax
            n = PutFs(code, n, [0x48, 0x3D], maxDepth);                   // compare: cmp rax, maxDepth
            n = Put(code, n, [0x7E, 0x01, 0xC3]);                         // jle +1; ret
        }

        n = PutFs(code, n, [0x64, 0x48, 0x8B, 0x0C, 0x25], ThreadBlock.CursorOffset);  // mov rcx, fs:[cursor]
        n = PutFs(code, n, [0xF7, 0xC1], PoolLayout.ChunkBytes - 1);                   // test ecx, 0x1FFFF
        n = Put(code, n, [0x74, 0x00]);                                                // jz slow, patched below
        int toSlow = n - 1;
        n = Put(code, n, [0x0F, 0x31]);                                                // rdtsc
        n = Put(code, n, [0x48, 0xC1, 0xE0, Records.Record.WordBits]);                 // shl rax, 24
        n = Put(code, n, [0x48, 0xC1, 0xE2, 32 + Records.Record.WordBits]);            // shl rdx, 56
        n = Put(code, n, [0x48, 0x09, 0xD0]);                                          // or rax, rdx
        n = Put(code, n, [0x89, 0xFF]);                                                // mov edi, edi (clears the upper half)
        n = Put(code, n, [0x48, 0x09, 0xF8]);                                          // or rax, rdi
        n = Put(code, n, [0x48, 0x89, 0x01]);                                          // mov [rcx], rax
        n = Put(code, n, [0x48, 0x83, 0xC1, 0x08]);                                    // add rcx, 8
        n = PutFs(code, n, [0x64, 0x48, 0x89, 0x0C, 0x25], ThreadBlock.CursorOffset);  // mov fs:[cursor], rcx
        n = Put(code, n, [0xC3]);                                                      // ret
        code[toSlow] = (byte)(n - (toSlow + 1));
        n = Put(code, n, [0x48, 0xB8]);                                                // slow: mov rax, SlowPath.Record
        BinaryPrimitives.WriteInt64LittleEndian(code[n..], (long)(nint)(delegate* unmanaged<uint, void>)&SlowPath.Record);
        n += 8;
        n = Put(code, n, [0xFF, 0xE0]);                                                // jmp rax: its stack is as the caller left it
        return ExecutableCode.Write(code[..n]);
    }

    private static int Put(Span<byte> code, int at, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(code[at..]);
        return at + bytes.Length;
    }

    private static int PutFs(Span<byte> code, int at, ReadOnlySpan<byte> bytes, int operand)
    {
        at = Put(code, at, bytes);
        BinaryPrimitives.WriteInt32LittleEndian(code[at..], operand);
        return at + 4;
    }

    /// <summary>What the portable probe has to know: the thread and the time.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Look
    {
        public ThreadRecord* State;
        public ulong Ticks;
    }
}
