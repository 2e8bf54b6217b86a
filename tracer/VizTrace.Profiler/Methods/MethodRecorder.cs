using VizTrace.Profiler.Interop;
using VizTrace.Profiler.Probe;
using VizTrace.Profiler.Rewriting;
using VizTrace.Profiler.Session;
using VizTrace.Records;

namespace VizTrace.Profiler.Methods;

/// <summary>Gives methods their probes, each once. Thread-safe: of several threads that ask for one method, one does it and the others wait.</summary>
internal sealed unsafe class MethodRecorder(ProfilerInfo info, MethodChoice choice)
{
    /// <summary>A program that makes methods at run time without end must not fill the journal with them.</summary>
    private const int MostDynamicListed = 5000;

    private int _lastFunctionId;
    private int _exceptionsAsked;
    private int _dynamicListed;
    private long _epoch;

    /// <summary>Number of bodies replaced so far.</summary>
    public long Epoch => Volatile.Read(ref _epoch);

    /// <summary>
    /// Makes sure that the method is settled before it is compiled. <paramref name="function"/> is the instance that the runtime is about to
    /// compile (its IL map is set), or inlines.
    /// </summary>
    public SettledMethod Ensure(TracedModule module, uint token, nuint function)
    {
        while (true)
        {
            if (module.Methods.TryAdd(token, new SettledMethod(MethodState.InProgress, 0)))
                break;
            SettledMethod method = module.Methods[token];
            if (method.State != MethodState.InProgress)
                return method;

            // Another thread is at it, for some microseconds. It waits for nothing that a thread in this callback holds (the compile lock
            // of one method), so this ends; both threads are in preemptive mode, a collection need not wait for them.
            _ = Libc.sched_yield();
        }

        var settled = new SettledMethod(MethodState.Left, 0);
        try
        {
            MethodState state = Settle(module, token, function);
            settled = new SettledMethod(state, state == MethodState.Recorded ? Interlocked.Increment(ref _epoch) : 0);
        }
        finally
        {
            module.Methods[token] = settled;
        }

        return settled;
    }

    /// <summary>Whether one more method that is made at run time may be listed.</summary>
    public bool MayListDynamic() => Volatile.Read(ref _dynamicListed) < MostDynamicListed && Interlocked.Increment(ref _dynamicListed) <= MostDynamicListed;

    private MethodState Settle(TracedModule module, uint token, nuint function)
    {
        if (!module.Metadata.TryGetMethod(
            token, out uint typeDef, out string name, out byte* signature, out int signatureBytes, out uint implementationFlags))
            return MethodState.Left;
        (string type, string typeParameters) = module.Type(typeDef);
        if (ProgramApi.IsDoor(module, type, name))
            return Install(module, token, function, ProgramApi.DoorBody(), default) ? MethodState.Recorded : MethodState.Left;
        var names = new MethodNames(type, name, typeParameters, (signature[0] & 0x10) != 0 ? module.Metadata.GenericParameters(token) : "");
        MethodWish wish = Wish(module, token, typeDef, names);
        if (wish == MethodWish.NotAsked)
            return MethodState.Left;
        if (wish == MethodWish.Hidden)
            return Refuse(module, token, names, NotRecordedReason.Hidden);
        if ((module.Flags & ModuleFlags.Dynamic) != 0)
            return MayListDynamic() ? Refuse(module, token, names, NotRecordedReason.Dynamic) : MethodState.Left;
        if (module.Name == MethodChoice.CoreLibrary && RuntimeCritical.Contains(type))
            return Refuse(module, token, names, NotRecordedReason.RuntimeCritical);
        byte* body;
        uint bytes;
        if (info.GetILFunctionBody(module.Id, token, &body, &bytes) < 0 || body == null || bytes == 0)
            return Refuse(module, token, names, NotRecordedReason.NoBody);
        uint probeToken = module.ProbeSignatureToken();
        if (probeToken == 0)
            return Refuse(module, token, names, NotRecordedReason.RuntimeRefused);
        uint id = (uint)Interlocked.Increment(ref _lastFunctionId);
        if (id > Record.LastFunctionId)
            return Refuse(module, token, names, NotRecordedReason.TooManyFunctions);
        (nint enter, nint leave) = Probes(wish);
        var request = new RewriteRequest
        {
            EnterWord = Record.EnterWord(id),
            LeaveWord = Record.LeaveWord(id),
            EnterProbe = enter,
            LeaveProbe = leave,
            ProbeSignatureToken = probeToken,
            ImplementationFlags = implementationFlags,
            ObjectConstructorToken = module.ObjectConstructorToken(),
        };
        MethodRewriter rewriter = MethodRewriter.Rent();
        try
        {
            var metadata = new SignatureSource(module, signature, signatureBytes);
            RewriteResult result = rewriter.Rewrite(new ReadOnlySpan<byte>(body, (int)bytes), request, ref metadata);
            if (!result.Rewritten)
                return Refuse(module, token, names, result.Refusal);

            // Named before its first record can be written: a kill in between leaves a name without calls, never calls without a name.
            if (wish == MethodWish.Ignored)
                Refuse(module, token, names, NotRecordedReason.Ignored);
            else
                Announce(module, token, id, result.Style | (wish == MethodWish.TraceOnly ? ProbeStyle.TraceOnly : 0), names);
            if (result.Style == ProbeStyle.TailCall)
                ExpectUnwinding(module, token, request.LeaveWord | (result.HasClauses ? Unwinding.HasClauses : 0) | UnwoundFlag(wish));
            return Install(module, token, function, result.Body, result.Map) ? MethodState.Recorded : Refuse(module, token, names, NotRecordedReason.RuntimeRefused);
        }
        finally
        {
            MethodRewriter.Return(rewriter);
        }
    }

    private MethodWish Wish(TracedModule module, uint token, uint typeDef, in MethodNames names)
    {
        MethodWish wish = !choice.RecordsAll ? choice.WishFor(module, names.Readable)
            : (module.Flags & ModuleFlags.Included) != 0 ? MethodWish.Recorded
            : MethodWish.NotAsked;
        if (module.Marks is null || wish is MethodWish.Ignored)
            return wish;
        MethodWish marked = module.Marks.Of(token, typeDef);

        // To be ignored holds whether it was asked for or not; the other two are about what would be recorded.
        return marked == MethodWish.Ignored || wish == MethodWish.Recorded ? marked : wish;
    }

    private static (nint Enter, nint Leave) Probes(MethodWish wish) => wish switch
    {
        MethodWish.Ignored => (ProbeCode.IgnoreEnter, ProbeCode.IgnoreLeave),
        MethodWish.TraceOnly => ((nint)(delegate* unmanaged<uint, void>)&Ignoring.EnterTraceOnly, (nint)(delegate* unmanaged<uint, void>)&Ignoring.LeaveTraceOnly),
        _ => (ProbeCode.Address, ProbeCode.Address),
    };

    private static uint UnwoundFlag(MethodWish wish) => wish switch
    {
        MethodWish.Ignored => Unwinding.Ignores,
        MethodWish.TraceOnly => Unwinding.TraceOnly,
        _ => 0,
    };

    private bool Install(TracedModule module, uint token, nuint function, ReadOnlySpan<byte> body, ReadOnlySpan<IlMapEntry> map)
    {
        void** allocator;
        if (info.GetILFunctionBodyAllocator(module.Id, &allocator) < 0 || allocator == null)
            return false;
        byte* memory = ProfilerInfo.Alloc(allocator, (uint)body.Length);
        ProfilerInfo.Release(allocator);
        if (memory == null)
            return false;
        body.CopyTo(new Span<byte>(memory, body.Length));
        if (info.SetILFunctionBody(module.Id, token, memory) < 0)
            return false;
        SetMap(function, map);
        return true;
    }

    /// <summary>The runtime copies the map (SetILInstrumentedCodeMap in vm/proftoeeinterfaceimpl.cpp).</summary>
    private void SetMap(nuint function, ReadOnlySpan<IlMapEntry> map)
    {
        fixed (IlMapEntry* entries = map)
        {
            if (entries != null)
                _ = info.SetILInstrumentedCodeMap(function, 1, (uint)map.Length, entries);
        }
    }

    /// <summary>From the first such method on the runtime must tell of exceptions; before it costs nothing.</summary>
    private void ExpectUnwinding(TracedModule module, uint token, uint word)
    {
        module.UnwoundWords[token] = word;
        if (Interlocked.Exchange(ref _exceptionsAsked, 1) == 0)
            _ = info.SetEventMask(MethodTable.BaseEvents | EventMask.Exceptions);
    }

    private static void Announce(TracedModule module, uint token, uint id, ProbeStyle style, in MethodNames names)
    {
        Span<byte> room = stackalloc byte[Journal.EntryRoom];
        var entry = new EntryWriter(room, (uint)JournalKind.Function);
        entry.U32(id);
        entry.U32(module.Index);
        entry.U32(token);
        entry.U32((uint)style);
        names.Write(ref entry);
        Journal.Append(entry.Finish());
    }

    private static MethodState Refuse(TracedModule module, uint token, in MethodNames names, NotRecordedReason reason)
    {
        Span<byte> room = stackalloc byte[Journal.EntryRoom];
        var entry = new EntryWriter(room, (uint)JournalKind.NotRecorded);
        entry.U32(module.Index);
        entry.U32(token);
        entry.U32((uint)reason);
        names.Write(ref entry);
        Journal.Append(entry.Finish());
        return MethodState.Left;
    }

    private readonly record struct MethodNames(string Type, string Method, string TypeParameters, string MethodParameters)
    {
        public string Readable => ReadableName.Of(Type, Method, TypeParameters, MethodParameters);

        public void Write(ref EntryWriter entry)
        {
            entry.Text(Type);
            entry.Text(Method);
            entry.Text(TypeParameters);
            entry.Text(MethodParameters);
        }
    }

    /// <summary>Answers the rewriter's questions from the module's metadata.</summary>
    private readonly struct SignatureSource(TracedModule module, byte* signature, int signatureBytes) : IMethodMetadata
    {
        public ReadOnlySpan<byte> MethodSignature() => new(signature, signatureBytes);

        public ReadOnlySpan<byte> LocalsSignature(uint token) => module.Metadata.StandAloneSignature(token);

        public uint LocalsToken(ReadOnlySpan<byte> newLocals) => module.TokenOf(newLocals);
    }
}
