using System.Collections.Concurrent;
using VizTrace.Profiler.Interop;
using VizTrace.Records;

namespace VizTrace.Profiler.Methods;

/// <summary>What became of a method so far.</summary>
internal enum MethodState : byte
{
    /// <summary>A thread is rewriting it.</summary>
    InProgress = 1,

    /// <summary>Its body has probes.</summary>
    Recorded = 2,

    /// <summary>It is left as it is: excluded, or not recordable (the journal says why).</summary>
    Left = 3,
}

/// <summary>A method's state; <see cref="Epoch"/> counts the bodies that had been replaced in the process when its own was.</summary>
internal readonly record struct SettledMethod(MethodState State, long Epoch);

/// <summary>One loaded module and the state of its methods. Thread-safe.</summary>
internal sealed unsafe class TracedModule
{
    private readonly ConcurrentDictionary<uint, (string Name, string Parameters)> _types = new();
    private readonly Dictionary<ulong, List<(byte[] Signature, uint Token)>> _localsTokens = [];
    private readonly Lock _tokens = new();
    private uint _probeToken;
    private uint _objectConstructor = uint.MaxValue;

    public TracedModule(nuint id, uint index, string name, ModuleFlags flags, ModuleMetadata metadata)
    {
        Id = id;
        Index = index;
        Name = name;
        Flags = flags;
        Metadata = metadata;
    }

    /// <summary>The runtime's ModuleID.</summary>
    public nuint Id { get; }

    /// <summary>Number in the journal.</summary>
    public uint Index { get; }

    /// <summary>File name.</summary>
    public string Name { get; }

    /// <summary>What is known of it.</summary>
    public ModuleFlags Flags { get; }

    /// <summary>Its metadata.</summary>
    public ModuleMetadata Metadata { get; }

    /// <summary>Attributes of VizTrace.Api on its functions; null: none.</summary>
    public FunctionMarks? Marks { get; init; }

    /// <summary>Whether methods of it may get new bodies: it is included, or functions in it are ignored, or it is the program's side of our API.</summary>
    public required bool IsTouched { get; init; }

    /// <summary>Method token to state; a method without an entry was not compiled yet.</summary>
    public ConcurrentDictionary<uint, SettledMethod> Methods { get; } = new();

    /// <summary>Its precompiled code is not used: it may have calls of recorded methods inlined in it, without probes.</summary>
    public required bool RefusesPrecompiled { get; init; }

    /// <summary>
    /// Leave words of methods in the style of tail calls, by token: their frames are recorded from the unwind callbacks. With
    /// <see cref="Unwinding.HasClauses"/> where that is so.
    /// </summary>
    public ConcurrentDictionary<uint, uint> UnwoundWords { get; } = new();

    /// <summary>Token of the probe's signature, <c>void (int)</c>: default convention, one parameter. 0: the module takes no new metadata.</summary>
    public uint ProbeSignatureToken()
    {
        uint token = Volatile.Read(ref _probeToken);
        if (token != 0)
            return token;
        token = TokenOf([0x00, 0x01, 0x01, 0x08]);
        Volatile.Write(ref _probeToken, token);
        return token;
    }

    /// <summary>See <see cref="ModuleMetadata.ObjectConstructor"/>; looked up once.</summary>
    public uint ObjectConstructorToken()
    {
        uint token = Volatile.Read(ref _objectConstructor);
        if (token == uint.MaxValue)
        {
            token = Metadata.ObjectConstructor();
            Volatile.Write(ref _objectConstructor, token);
        }

        return token;
    }

    /// <summary>
    /// Token of a new signature. The runtime compares each with every signature the module has (metadata's duplicate check is a linear
    /// search), so the same one is asked for only once. Under our lock only the metadata's own is taken.
    /// </summary>
    public uint TokenOf(ReadOnlySpan<byte> signature)
    {
        ulong hash = ((ulong)Checksum.Of(signature) << 32) | (uint)signature.Length;
        lock (_tokens)
        {
            if (!_localsTokens.TryGetValue(hash, out List<(byte[] Signature, uint Token)>? same))
                _localsTokens[hash] = same = [];
            foreach ((byte[] known, uint token) in same)
            {
                if (signature.SequenceEqual(known))
                    return token;
            }

            uint made = Metadata.TokenFromSignature(signature);
            if (made != 0)
                same.Add((signature.ToArray(), made));
            return made;
        }
    }

    /// <summary>CLR name (<c>Ns.Outer`1+Inner</c>) and generic parameters of a type.</summary>
    public (string Name, string Parameters) Type(uint typeDef) => _types.GetOrAdd(typeDef, ReadType);

    private (string Name, string Parameters) ReadType(uint typeDef)
    {
        string name = Metadata.TypeName(typeDef, out bool nested);
        for (uint outer = typeDef; nested;)
        {
            outer = Metadata.EnclosingType(outer);
            if (outer == 0)
                break;
            name = Metadata.TypeName(outer, out nested) + "+" + name;
        }

        return (name, name.Contains('`', StringComparison.Ordinal) ? Metadata.GenericParameters(typeDef) : "");
    }
}
