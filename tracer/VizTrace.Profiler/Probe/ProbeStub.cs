using VizTrace.Records;

namespace VizTrace.Profiler.Probe;

/// <summary>
/// Writes the machine code of the hot path. In all of it edi holds the word and everything that a call may change is free. The cursor is
/// tested before the clock is read, since the clock is what costs (two rdtsc are 17.7 ns of a pair's 18 to 21). x86 keeps stores in order, so
/// the record is in memory before the cursor moves past it.
/// </summary>
internal static unsafe class ProbeStub
{
    private const byte Je = 0x74, Jne = 0x75, Jbe = 0x76, Jae = 0x73, Js = 0x78, Jns = 0x79, Jle = 0x7E, Ret = 0xC3;

    /// <summary>
    /// The probe; null where the system forbids executable pages. <paramref name="minTicks"/> and <paramref name="maxDepth"/>: 0 for none; a cursor
    /// without any bit of <paramref name="fullMask"/> has no room.
    /// </summary>
    public static void* WriteProbe(int maxDepth, ulong minTicks, int fullMask)
    {
        var code = new MachineCode(stackalloc byte[384]);
        if (maxDepth > 0)
            PutDepth(ref code, maxDepth);
        code.Put([0x64, 0x48, 0x8B, 0x0C, 0x25], ThreadBlock.CursorOffset);  // mov rcx, fs:[cursor]
        code.Put([0x48, 0x85, 0xC9]);                                        // test rcx, rcx
        int toRecord = code.Jump(Jns);
        PutIgnored(ref code, maxDepth > 0);
        code.Land(toRecord);
        PutLastWord(ref code);
        code.Put([0xF7, 0xC1], fullMask);                                    // test ecx, 0x1FFFF
        int toSlow = code.JumpFarIfZero();
        code.Put([0x0F, 0x31]);                                              // rdtsc
        code.Put([0x48, 0xC1, 0xE0, Records.Record.WordBits]);               // shl rax, 24
        code.Put([0x48, 0xC1, 0xE2, 32 + Records.Record.WordBits]);          // shl rdx, 56
        code.Put([0x48, 0x09, 0xD0]);                                        // or rax, rdx
        code.Put([0x89, 0xFF]);                                              // mov edi, edi (clears the upper half)
        code.Put([0x48, 0x09, 0xF8]);                                        // or rax, rdi
        if (minTicks > 0)
            PutTakingBack(ref code, minTicks);
        code.Put([0x48, 0x89, 0x01]);                                        // mov [rcx], rax
        code.Put([0x48, 0x83, 0xC1, 0x08]);                                  // add rcx, 8
        code.Put([0x64, 0x48, 0x89, 0x0C, 0x25], ThreadBlock.CursorOffset);  // mov fs:[cursor], rcx
        code.Put([Ret]);
        code.LandFar(toSlow);
        code.JumpTo((delegate* unmanaged<uint, void>)&SlowPath.Record);
        return ExecutableCode.Write(code.Bytes);
    }

    /// <summary>Where an ignored function calls at its start: one reason more.</summary>
    public static void* WriteIgnoreEnter()
    {
        var code = new MachineCode(stackalloc byte[96]);
        PutLastWord(ref code);
        code.Put([0x64, 0x48, 0x8B, 0x0C, 0x25], ThreadBlock.CursorOffset);  // mov rcx, fs:[cursor]
        code.Put([0x48, 0x85, 0xC9]);                                        // test rcx, rcx
        int toAlready = code.Jump(Js);
        code.Put([0x64, 0x48, 0x89, 0x0C, 0x25], ThreadBlock.ParkedOffset);  // mov fs:[parked], rcx
        code.PutLong([0x48, 0xB9], CursorMark.Ignored);                      // mov rcx, Ignored
        code.Land(toAlready);
        code.Put([0x48, 0x81, 0xC1], (int)CursorMark.Level);                 // add rcx, Level
        code.Put([0x64, 0x48, 0x89, 0x0C, 0x25], ThreadBlock.CursorOffset);  // mov fs:[cursor], rcx
        code.Put([Ret]);
        return ExecutableCode.Write(code.Bytes);
    }

    /// <summary>And on every way out: one reason less.</summary>
    public static void* WriteIgnoreLeave()
    {
        var code = new MachineCode(stackalloc byte[96]);
        PutLastWord(ref code);
        code.Put([0x64, 0x48, 0x8B, 0x0C, 0x25], ThreadBlock.CursorOffset);  // mov rcx, fs:[cursor]
        code.Put([0x48, 0x85, 0xC9]);                                        // test rcx, rcx
        int toReturn = code.Jump(Jns);
        code.Put([0x48, 0x81, 0xE9], (int)CursorMark.Level);                 // sub rcx, Level
        code.PutLong([0x48, 0xB8], CursorMark.Ignored);                      // mov rax, Ignored
        code.Put([0x48, 0x39, 0xC1]);                                        // cmp rcx, rax
        int toStore = code.Jump(Jne);
        code.Put([0x64, 0x48, 0x8B, 0x0C, 0x25], ThreadBlock.ParkedOffset);  // mov rcx, fs:[parked]
        code.Land(toStore);
        code.Put([0x64, 0x48, 0x89, 0x0C, 0x25], ThreadBlock.CursorOffset);  // mov fs:[cursor], rcx
        code.Land(toReturn);
        code.Put([Ret]);
        return ExecutableCode.Write(code.Bytes);
    }

    /// <summary>rdtsc; shl rdx, 32; or rdx, rax; mov rax, fs:[state]; ret: two integers come back in rax and rdx.</summary>
    public static void* WriteLook()
    {
        var code = new MachineCode(stackalloc byte[32]);
        code.Put([0x0F, 0x31]);
        code.Put([0x48, 0xC1, 0xE2, 0x20]);
        code.Put([0x48, 0x09, 0xC2]);
        code.Put([0x64, 0x48, 0x8B, 0x04, 0x25], ThreadBlock.StateOffset);
        code.Put([Ret]);
        return ExecutableCode.Write(code.Bytes);
    }

    /// <summary>For <see cref="Methods.Unwinding"/>: one store.</summary>
    private static void PutLastWord(ref MachineCode code) =>
        code.Put([0x64, 0x89, 0x3C, 0x25], ThreadBlock.LastWordOffset);      // mov fs:[last word], edi

    private static void PutDepth(ref MachineCode code, int maxDepth)
    {
        PutLastWord(ref code); // also of what is too deep
        int depth = ThreadBlock.DepthOffset;
        code.Put([0x64, 0x48, 0x8B, 0x04, 0x25], depth);                     // mov rax, fs:[depth]
        code.Put([0x40, 0xF6, 0xC7, 0x01]);                                  // test dil, 1
        int toLeave = code.Jump(Jne);
        code.Put([0x48, 0xFF, 0xC0]);                                        // inc rax
        code.Put([0x64, 0x48, 0x89, 0x04, 0x25], depth);                     // mov fs:[depth], rax
        code.Put([0x48, 0x3D], maxDepth);                                    // cmp rax, maxDepth
        int toRecord = code.Jump(Jle);
        code.Put([Ret]);
        code.Land(toLeave);
        code.Put([0x48, 0x8D, 0x48, 0xFF]);                                  // lea rcx, [rax-1]
        code.Put([0x64, 0x48, 0x89, 0x0C, 0x25], depth);                     // mov fs:[depth], rcx
        code.Put([0x48, 0x3D], maxDepth);                                    // cmp rax, maxDepth
        int toRecordLeave = code.Jump(Jle);
        code.Put([Ret]);
        code.Land(toRecord);
        code.Land(toRecordLeave);
    }

    /// <summary>
    /// A leave behind its own enter, less than <paramref name="minTicks"/> later, takes the enter back. What it called was shorter still, so
    /// is gone already. Not when the enter stands in another chunk, or was drained: the reader takes it out there.
    /// </summary>
    private static void PutTakingBack(ref MachineCode code, ulong minTicks)
    {
        code.Put([0x40, 0xF6, 0xC7, 0x01]);                                  // test dil, 1
        int isEnter = code.Jump(Je);
        code.Put([0x48, 0x89, 0xC2]);                                        // mov rdx, rax
        code.Put([0x48, 0x2B, 0x51, 0xF8]);                                  // sub rdx, [rcx-8]
        code.Put([0x41, 0x89, 0xD0]);                                        // mov r8d, edx
        code.Put([0x41, 0x81, 0xE0], (1 << Records.Record.WordBits) - 1);    // and r8d, 0xFFFFFF
        code.Put([0x41, 0x83, 0xF8, 0x01]);                                  // cmp r8d, 1: the leave of one function less its enter
        int isOther = code.Jump(Jne);
        code.Put([0x48, 0xC1, 0xEA, Records.Record.WordBits]);               // shr rdx, 24
        code.PutLong([0x49, 0xB8], minTicks);                                // mov r8, minTicks
        code.Put([0x4C, 0x39, 0xC2]);                                        // cmp rdx, r8
        int isLong = code.Jump(Jae);
        code.Put([0x49, 0x89, 0xC8]);                                        // mov r8, rcx
        code.Put([0x49, 0x81, 0xE0], -PoolLayout.ChunkBytes);                // and r8, -0x20000
        code.Put([0x45, 0x8B, 0x48, ChunkHeader.DrainedOffset]);             // mov r9d, [r8 + Drained]
        code.Put([0x4F, 0x8D, 0x44, 0xC8, PoolLayout.ChunkHeaderBytes]);     // lea r8, [r8 + r9 * 8 + 64]
        code.Put([0x4C, 0x39, 0xC1]);                                        // cmp rcx, r8
        int isDrained = code.Jump(Jbe);
        code.Put([0x48, 0xC7, 0x41, 0xF8], 0);                               // mov qword [rcx-8], 0
        code.Put([0x48, 0x83, 0xE9, 0x08]);                                  // sub rcx, 8
        code.Put([0x64, 0x48, 0x89, 0x0C, 0x25], ThreadBlock.CursorOffset);  // mov fs:[cursor], rcx
        code.Put([Ret]);
        code.Land(isEnter);
        code.Land(isOther);
        code.Land(isLong);
        code.Land(isDrained);
    }

    /// <summary>rcx is a mark: nothing is wanted. First, since this is what costs an ignored call, and a wanted one nothing beside its clock.</summary>
    private static void PutIgnored(ref MachineCode code, bool hasDepthLimit)
    {
        code.Put([0x48, 0x01, 0xC9]);                                        // add rcx, rcx: Scope becomes the sign
        int toScope = code.Jump(Js);
        code.Put([Ret]);
        code.Land(toScope);
        if (!hasDepthLimit)
            PutCounting(ref code);
        code.JumpTo((delegate* unmanaged<uint, void>)&Ignoring.CalledInScope);
    }

    /// <summary>
    /// Without a depth limit the depth's place counts the calls in a scope. A leave that finds 0 is of a call from before it, and goes on
    /// behind.
    /// </summary>
    private static void PutCounting(ref MachineCode code)
    {
        int depth = ThreadBlock.DepthOffset;
        code.Put([0x64, 0x48, 0x8B, 0x04, 0x25], depth);                     // mov rax, fs:[depth]
        code.Put([0x40, 0xF6, 0xC7, 0x01]);                                  // test dil, 1
        int toLeave = code.Jump(Jne);
        code.Put([0x48, 0xFF, 0xC0]);                                        // inc rax
        code.Put([0x64, 0x48, 0x89, 0x04, 0x25], depth);                     // mov fs:[depth], rax
        code.Put([Ret]);
        code.Land(toLeave);
        code.Put([0x48, 0xFF, 0xC8]);                                        // dec rax
        int isFromBefore = code.Jump(Js);
        code.Put([0x64, 0x48, 0x89, 0x04, 0x25], depth);                     // mov fs:[depth], rax
        code.Put([Ret]);
        code.Land(isFromBefore);
    }
}
