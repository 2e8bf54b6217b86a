using VizTrace.Records;

namespace VizTrace.Profiler.Rewriting;

/// <summary>
/// Puts the probes into one method body at a time: bytes in, bytes out. Four shapes come out, the cheapest to compile that is exact:
/// <list type="bullet">
/// <item>Anything that can throw: <c>Enter; try { body } finally { Leave }; ret</c>, the result carried over in a new local.</item>
/// <item>No instruction can throw: <c>Enter; body; Leave; ret</c>, without try.</item>
/// <item>A bare field accessor: <c>Enter; if this is null: Leave; body; Leave; ret</c>: the access throws for a null <c>this</c> and else never.</item>
/// <item>An explicit <c>tail.</c> or <c>jmp</c>: Leave before each of them and before each ret (a finally would drop the tail call).</item>
/// </list>
/// Not thread-safe; each thread rents its own (<see cref="Rent"/>), which takes no lock. Buffers are kept between uses, so a rewriting
/// allocates nothing once they have grown.
/// </summary>
internal sealed partial class MethodRewriter
{
    private const int MostCodeBytes = 1 << 26;
    private const int MostKeptBytes = 1 << 20;
    private const int LongestAccessor = 8;

    private static readonly MethodRewriter?[] s_spare = new MethodRewriter?[16];

    private Shape _shape;
    private RewriteRequest _request;
    private MethodBodyHeader _header;
    private int _clauseCount;
    private int _localIndex;
    private uint _localsToken;
    private byte[] _signature = new byte[64];
    private ExceptionClause[] _clauses = new ExceptionClause[8];

    private enum Shape
    {
        TryFinally,
        NoThrow,
        Accessor,
        TailCall,
    }

    /// <summary>A rewriter for the calling thread's use until <see cref="Return"/>.</summary>
    public static MethodRewriter Rent()
    {
        for (int i = 0; i < s_spare.Length; i++)
        {
            if (s_spare[i] is not null && Interlocked.Exchange(ref s_spare[i], null) is { } spare)
                return spare;
        }

        return new MethodRewriter();
    }

    /// <summary>Gives <paramref name="rewriter"/> back; its last result is void from here on.</summary>
    public static void Return(MethodRewriter rewriter)
    {
        // One freak method must not keep its megabytes for the life of the program.
        if (rewriter._output.Length > MostKeptBytes)
            return;
        for (int i = 0; i < s_spare.Length; i++)
        {
            if (s_spare[i] is null && Interlocked.CompareExchange(ref s_spare[i], rewriter, null) is null)
                return;
        }
    }

    /// <summary>
    /// Rewrites <paramref name="body"/>, a whole method body as <c>GetILFunctionBody</c> gives it. Never throws for damaged input: it is
    /// refused. The result holds until the next call.
    /// </summary>
    public RewriteResult Rewrite<TMetadata>(ReadOnlySpan<byte> body, in RewriteRequest request, ref TMetadata metadata)
        where TMetadata : struct, IMethodMetadata, allows ref struct
    {
        if (!MethodBodyHeader.TryRead(body, out _header))
            return RewriteResult.Refused(NotRecordedReason.UndecodableBody);
        if ((request.ImplementationFlags & RewriteRequest.RuntimeAsync) != 0)
            return RewriteResult.Refused(NotRecordedReason.RuntimeAsync);
        if (_header.CodeBytes > MostCodeBytes)
            return RewriteResult.Refused(NotRecordedReason.TooLarge);
        _request = request;
        _clauseCount = 0;
        if ((_header.Flags & MethodBodyHeader.MoreSections) != 0)
            _clauseCount = ExceptionClauses.Read(body, _header.HeaderBytes + _header.CodeBytes, ref _clauses);
        if (_clauseCount < 0)
            return RewriteResult.Refused(NotRecordedReason.UndecodableBody);
        if (_clauseCount >= ExceptionClauses.MostClauses)
            return RewriteResult.Refused(NotRecordedReason.TooLarge);

        ReadOnlySpan<byte> il = body.Slice(_header.HeaderBytes, _header.CodeBytes);
        NotRecordedReason reason = Decode(il);
        if (reason == NotRecordedReason.None)
            reason = CheckTargets(il);
        if (reason == NotRecordedReason.None)
            reason = CheckClauses();
        if (reason != NotRecordedReason.None)
            return RewriteResult.Refused(reason);

        _shape = ChooseShape(il, ref metadata);
        _localIndex = -1;
        _localsToken = _header.LocalsToken;
        if (_returns > 0 && (_shape == Shape.TryFinally || (_shape == Shape.NoThrow && _returns > 1)))
            reason = AddResultLocal(ref metadata);
        if (reason != NotRecordedReason.None)
            return RewriteResult.Refused(reason);

        Layout();
        return new RewriteResult
        {
            Body = Emit(il),
            Style = _shape == Shape.TailCall ? ProbeStyle.TailCall : ProbeStyle.Finally,
            HasClauses = _clauseCount > 0,
            Map = BuildMap(),
        };
    }

    private Shape ChooseShape<TMetadata>(ReadOnlySpan<byte> il, ref TMetadata metadata)
        where TMetadata : struct, IMethodMetadata, allows ref struct
    {
        if (_tailCalls)
            return Shape.TailCall;
        if (_clauseCount > 0)
            return Shape.TryFinally;
        if (!_throws)
            return Shape.NoThrow;
        return il.Length <= LongestAccessor && IsAccessor(il, ref metadata) ? Shape.Accessor : Shape.TryFinally;
    }

    /// <summary>
    /// <c>return this.field</c> or <c>this.field = value</c>: one instruction that runs no code of the program and throws only for a null
    /// <c>this</c>. C# checks that in the caller; F# and IL may call an instance method on null.
    /// </summary>
    private static bool IsAccessor<TMetadata>(ReadOnlySpan<byte> il, ref TMetadata metadata)
        where TMetadata : struct, IMethodMetadata, allows ref struct
    {
        const byte LdArg1 = 0x03, LdFld = 0x7B;
        return il.Length switch
        {
            7 => il[0] == LdArg0 && il[1] == LdFld && il[6] == Ret && SignatureReader.HasImplicitThis(metadata.MethodSignature()),
            8 => il[0] == LdArg0 && il[1] == LdArg1 && il[2] == StFld && il[7] == Ret
                && SignatureReader.HasImplicitThis(metadata.MethodSignature()),
            _ => false,
        };
    }

    /// <summary>
    /// Finds a place for the result on its way out; none for void. A local of the very type will do: at a ret its old value has no reader
    /// left. Else one is added behind those the method has, which asks the runtime for a new signature: a linear search of the module's.
    /// </summary>
    private NotRecordedReason AddResultLocal<TMetadata>(ref TMetadata metadata)
        where TMetadata : struct, IMethodMetadata, allows ref struct
    {
        const int LongestCount = 4, MostLocals = 0xFFFE;
        if (!SignatureReader.TryReturnType(metadata.MethodSignature(), out ReadOnlySpan<byte> type))
            return NotRecordedReason.UndecodableBody;
        if (type.IsEmpty)
            return NotRecordedReason.None;
        int count = 0;
        ReadOnlySpan<byte> types = default;
        if (_header.LocalsToken != 0 && !SignatureReader.TryLocals(metadata.LocalsSignature(_header.LocalsToken), out count, out types))
            return NotRecordedReason.UndecodableBody;
        _localIndex = SignatureReader.FindLocal(types, count, type);
        if (_localIndex >= 0)
            return NotRecordedReason.None;
        if (count >= MostLocals)
            return NotRecordedReason.TooLarge;

        int most = 1 + LongestCount + types.Length + type.Length;
        if (_signature.Length < most)
            _signature = new byte[most * 2];
        _signature[0] = SignatureReader.LocalSignature;
        int length = 1 + SignatureReader.WriteCompressed(_signature.AsSpan(1), count + 1);
        types.CopyTo(_signature.AsSpan(length));
        length += types.Length;
        type.CopyTo(_signature.AsSpan(length));
        length += type.Length;
        _localIndex = count;
        _localsToken = metadata.LocalsToken(_signature.AsSpan(0, length));
        return _localsToken == 0 ? NotRecordedReason.RuntimeRefused : NotRecordedReason.None;
    }
}
