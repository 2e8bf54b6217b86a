namespace VizTrace.Profiler.Rewriting;

/// <summary>What the probes in one method's new body are to say and how they are called.</summary>
internal readonly struct RewriteRequest
{
    /// <summary>Argument of the probe at the method's start (<c>Record.EnterWord</c>, below 2^24).</summary>
    public required uint EnterWord { get; init; }

    /// <summary>Argument of the probe on every way out (<c>Record.LeaveWord</c>, below 2^24).</summary>
    public required uint LeaveWord { get; init; }

    /// <summary>Machine code of the probe at the start: managed calling convention, <c>void (int)</c>.</summary>
    public required nint EnterProbe { get; init; }

    /// <summary>And of that on every way out.</summary>
    public required nint LeaveProbe { get; init; }

    /// <summary>StandAloneSig token of <c>void (int)</c> (bytes 00 01 01 08) in the method's module.</summary>
    public required uint ProbeSignatureToken { get; init; }

    /// <summary>
    /// The method's implementation flags (<c>GetMethodProps</c>). With <see cref="RuntimeAsync"/> the method is refused: it returns a T where
    /// its signature says <c>Task&lt;T&gt;</c>, and its thread may change between Enter and Leave.
    /// </summary>
    public uint ImplementationFlags { get; init; }

    /// <summary>MethodImplOptions.Async: the runtime itself suspends and resumes the method.</summary>
    public const uint RuntimeAsync = 0x2000;

    /// <summary>
    /// Token by which the method's module calls <c>System.Object::.ctor()</c>, or 0 when not known. That call cannot throw, so a
    /// constructor which does little else is spared its try block.
    /// </summary>
    public uint ObjectConstructorToken { get; init; }
}

/// <summary>
/// What the rewriter has to ask of a method's metadata; called at most once each per rewriting, and only when a return value needs a
/// local. Implemented by a struct on the COM side, so that nothing is allocated.
/// </summary>
internal interface IMethodMetadata
{
    /// <summary>The method's own signature (MethodDefSig). Empty: not to be had. Must stay valid until the rewriting returns.</summary>
    ReadOnlySpan<byte> MethodSignature();

    /// <summary>The LocalVarSig behind a StandAloneSig token. Empty: not to be had. Must stay valid until the rewriting returns.</summary>
    ReadOnlySpan<byte> LocalsSignature(uint token);

    /// <summary>A StandAloneSig token for a new LocalVarSig (<c>GetTokenFromSig</c>); 0 when the runtime refuses it.</summary>
    uint LocalsToken(ReadOnlySpan<byte> signature);
}
