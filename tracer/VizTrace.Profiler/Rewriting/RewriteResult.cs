using System.Runtime.InteropServices;
using VizTrace.Records;

namespace VizTrace.Profiler.Rewriting;

/// <summary>What became of a method. The spans belong to the <see cref="MethodRewriter"/> and hold until its next use.</summary>
internal readonly ref struct RewriteResult
{
    /// <summary>Whether <see cref="Body"/> may take the old body's place; otherwise <see cref="Refusal"/> says why not.</summary>
    public bool Rewritten => Refusal == NotRecordedReason.None;

    /// <summary>Why the method is left as it is.</summary>
    public NotRecordedReason Refusal { get; init; }

    /// <summary>The whole new body: header, code, exception clauses. It must be placed at an address divisible by 4.</summary>
    public ReadOnlySpan<byte> Body { get; init; }

    /// <summary>How leaves are recorded. <see cref="ProbeStyle.Finally"/> also where no instruction can throw and no try was needed.</summary>
    public ProbeStyle Style { get; init; }

    /// <summary>Whether the body has exception clauses, ours included.</summary>
    public bool HasClauses { get; init; }

    /// <summary>
    /// Old and new IL offsets, both ascending, for <c>SetILInstrumentedCodeMap</c>: one entry for each offset that the JIT may report
    /// (after an instruction that can leave the stack empty, calls, nops); what lies between belongs to the entry before it.
    /// </summary>
    public ReadOnlySpan<IlMapEntry> Map { get; init; }

    /// <summary>A refusal.</summary>
    public static RewriteResult Refused(NotRecordedReason reason) => new() { Refusal = reason };
}

/// <summary>The runtime's COR_IL_MAP, field by field.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IlMapEntry
{
    /// <summary>Offset in the method's own IL.</summary>
    public uint OldOffset;

    /// <summary>Offset in the new IL.</summary>
    public uint NewOffset;

    /// <summary>Always 1 (a BOOL).</summary>
    public int Accurate;
}
