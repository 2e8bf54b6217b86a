using VizTrace.Profiler.Rewriting;
using VizTrace.Records;

namespace VizTrace.Profiler.Tests.Rewriting;

/// <summary>
/// Judges a rewriting from outside: walks old and new code side by side and knows only what must hold, not how the rewriter chose.
/// Returns what is wrong, or null.
/// </summary>
internal sealed class Invariants
{
    private const short LdArg0 = 0x02, Call = 0x28, LdcI4 = 0x20, LdcI8 = 0x21, LdcI4Zero = 0x16, Not = 0x66, Switch = 0x45, ConvI = 0xD3, CallI = 0x29, Ret = 0x2A, Jmp = 0x27, LdFld = 0x7B, StFld = 0x7D, BrTrueShort = 0x2D, Br = 0x38, Leave = 0xDD, EndFinally = 0xDC;
    private const short Tail = unchecked((short)0xFE14);
    private const int ProbeInstructions = 4, FenceInstructions = 3, BodyBehindNullTest = (2 * ProbeInstructions) + 2;

    private readonly List<Il> _old = [];
    private readonly List<Il> _new = [];
    private int[] _oldIndex = [];
    private int[] _newIndex = [];
    private int[] _moved = [];
    private int _finallyAt;

    /// <summary>Local by which the last body that was checked carries its result out; -1 when it has none.</summary>
    public long ResultLocal { get; private set; }

    /// <summary>Whether the last body that was checked ends its try with a switch without targets.</summary>
    public bool HasFence { get; private set; }

    /// <summary>Of old instruction i: index of the new one to which branches to it must lead; the end of the body at the end.</summary>
    private Span<int> Moved => _moved.AsSpan(0, _old.Count + 1);

    public string? Check(
        ReadOnlySpan<byte> oldCode, ReadOnlySpan<Region> oldRegions, int oldMaxStack,
        ReadOnlySpan<byte> newCode, ReadOnlySpan<Region> newRegions, int newMaxStack,
        ProbeStyle style, ReadOnlySpan<IlMapEntry> map, uint objectConstructor, bool isConstructor)
    {
        Read(oldCode, _old, ref _oldIndex);
        Read(newCode, _new, ref _newIndex);
        if (_moved.Length <= _old.Count)
            _moved = new int[(_old.Count + 1) * 2];
        bool wrapped = newRegions.Length == oldRegions.Length + 1;
        if (!wrapped && newRegions.Length != oldRegions.Length)
            return "number of clauses";
        if (wrapped && style != ProbeStyle.Finally)
            return "try round a tail call";
        // With one way out, or before a tail call, the probe's two words come on top of a result or of arguments; else the stack is empty.
        bool onTop = !wrapped && (style == ProbeStyle.TailCall || _old.Count(i => i.Opcode == Ret) == 1);
        if (newMaxStack != (onTop ? oldMaxStack + 2 : Math.Max(oldMaxStack, 2)))
            return "max stack";
        _finallyAt = wrapped ? _newIndex[newRegions[^1].HandlerStart] : _new.Count;
        if (_finallyAt < 0)
            return "our handler";
        return Align(wrapped) ?? CheckTargets() ?? CheckRegions(oldRegions, newRegions, wrapped) ?? CheckWaysOut(wrapped)
            ?? (wrapped || oldRegions.Length > 0 || style == ProbeStyle.TailCall ? null : CheckNothingThrows(objectConstructor, isConstructor)) ?? CheckMap(map);
    }

    /// <summary>All old instructions are there, in order, with the same operands; between them only what we put there.</summary>
    private string? Align(bool wrapped)
    {
        if (!IsProbe(0, leave: false))
            return "enter is not the first thing";
        int at = TestsNull(wrapped) ? BodyBehindNullTest : ProbeInstructions;
        bool tail = false;
        for (int i = 0; i < _old.Count; i++)
        {
            Il old = _old[i];
            Moved[i] = at;
            bool prefixed = i > 0 && IlDecoder.IsPrefix(_old[i - 1].Opcode);
            if (old.Opcode == Ret)
            {
                string? wrong = AlignReturn(i, ref at, wrapped, tail);
                if (wrong is not null)
                    return wrong;
                tail = false;
                continue;
            }

            bool startsTail = !prefixed && StartsTail(i);
            if (startsTail || old.Opcode == Jmp)
            {
                if (!IsProbe(at, leave: true))
                    return $"no leave before tail call or jmp at {old.Offset:X4}";
                at += ProbeInstructions;
            }

            tail = startsTail || (prefixed && tail);
            if (at >= _new.Count || !Same(old, _new[at]))
                return $"instruction at {old.Offset:X4} is gone or changed";
            at++;
        }

        Moved[_old.Count] = at;
        if (wrapped ? at != _finallyAt : at != _new.Count)
            return "something stands behind the body";
        return null;
    }

    private string? AlignReturn(int i, ref int at, bool wrapped, bool tail)
    {
        int offset = _old[i].Offset;
        if (tail)
        {
            if (_new[at].Opcode != Ret)
                return $"no ret behind the tail call before {offset:X4}";
            at++;
            if (!IsBranchedTo(offset))
                return null;
            Moved[i] = at;
        }

        if (!wrapped && IsProbe(at, leave: true) && _new[at + ProbeInstructions].Opcode == Ret)
        {
            at += ProbeInstructions + 1;
            return null;
        }

        if (IsStore(_new[at].Opcode))
            at++;
        if (IsFence(at))
            at += FenceInstructions;
        if (IlDecoder.Long(_new[at].Opcode) is Br or Leave)
        {
            at++;
            return null;
        }

        // The last of several rets of a method that cannot throw.
        if (wrapped || !IsProbe(at, leave: true))
            return $"ret at {offset:X4} became something else";
        at += ProbeInstructions;
        if (IsLoad(_new[at].Opcode))
            at++;
        return _new[at++].Opcode == Ret ? null : $"no ret for {offset:X4}";
    }

    private string? CheckTargets()
    {
        for (int i = 0; i < _old.Count; i++)
        {
            Il old = _old[i];
            Il moved = _new[Math.Min(Moved[i], _new.Count - 1)];
            if (IlDecoder.IsBranch(old.Opcode) && _newIndex[(int)moved.Operand] != Moved[_oldIndex[(int)old.Operand]])
                return $"branch at {old.Offset:X4} leads elsewhere";
            for (int t = 0; old.Targets is { } targets && t < targets.Length; t++)
            {
                if (_newIndex[moved.Targets![t]] != Moved[_oldIndex[targets[t]]])
                    return $"switch at {old.Offset:X4} leads elsewhere";
            }
        }

        return null;
    }

    private string? CheckRegions(ReadOnlySpan<Region> oldRegions, ReadOnlySpan<Region> newRegions, bool wrapped)
    {
        for (int i = 0; i < oldRegions.Length; i++)
        {
            Region o = oldRegions[i];
            var expected = new Region(
                o.Kind, NewOffset(o.TryStart), NewOffset(o.TryEnd), NewOffset(o.HandlerStart), NewOffset(o.HandlerEnd),
                o.Kind == 1 ? (uint)NewOffset((int)o.TokenOrFilter) : o.TokenOrFilter);
            if (newRegions[i] != expected)
                return $"clause {i} covers something else";
        }

        if (!wrapped)
            return null;
        var ours = new Region(2, _new[ProbeInstructions].Offset, _new[_finallyAt].Offset, _new[_finallyAt].Offset, _new[_finallyAt + ProbeInstructions].End);
        return newRegions[^1] == ours && IsProbe(_finallyAt, leave: true) && _new[_finallyAt + ProbeInstructions].Opcode == EndFinally
            ? null
            : "our finally";
    }

    /// <summary>Each ret is reached only past a Leave, and each result stored is the one loaded.</summary>
    private string? CheckWaysOut(bool wrapped)
    {
        int epilogue = wrapped ? _finallyAt + ProbeInstructions + 1 : -1;
        int shared = -1;
        long local = -1;
        ResultLocal = -1;
        HasFence = false;
        for (int i = 0; i < _old.Count; i++)
        {
            if (_old[i].Opcode != Ret)
                continue;
            int at = Moved[i];
            if (IsStore(_new[at].Opcode) && IsOurs(at, i))
            {
                long stored = LocalOf(_new[at]);
                if (local >= 0 && local != stored)
                    return "rets use different locals";
                ResultLocal = local = stored;
                at++;
            }

            bool fenced = IsFence(at);
            HasFence |= fenced;
            if (fenced)
                at += FenceInstructions;
            short opcode = IlDecoder.Long(_new[at].Opcode);
            if (fenced != (opcode == Leave && _old.Exists(old => IlDecoder.Long(old.Opcode) == Br)))
                return "switch before the way out of a method without jumps, or none before that of one with";
            if (opcode == Leave && _new[at].Operand != (epilogue < _new.Count ? _new[epilogue].Offset : -1))
                return "leave does not lead to the end";
            if (opcode == Br)
            {
                int target = _newIndex[(int)_new[at].Operand];
                if (shared >= 0 && shared != target)
                    return "rets share different ways out";
                shared = target;
                if (IlDecoder.Long(_new[IsFence(target) ? target + FenceInstructions : target].Opcode) != Leave && !IsProbe(target, leave: true))
                    return "shared way out is none";
            }
        }

        if (!wrapped || epilogue == _new.Count)
            return null;
        bool loads = IsLoad(_new[epilogue].Opcode);
        return loads == (local >= 0) && (!loads || LocalOf(_new[epilogue]) == local) && _new[^1].Opcode == Ret && _new.Count == epilogue + (loads ? 2 : 1)
            ? null
            : "epilogue";
    }

    /// <summary>
    /// Without a try: by a list of its own, nothing between Enter and Leave can throw. Of calls that is only the one of System.Object's
    /// constructor; of stores to fields only those of a constructor to its own object, which is never null there.
    /// </summary>
    private string? CheckNothingThrows(uint objectConstructor, bool isConstructor)
    {
        if (TestsNull(wrapped: false))
            return null;
        for (int i = 0; i < _old.Count; i++)
        {
            string name = IlDecoder.Describe(_old[i].Opcode).Name!;
            bool harmless = name.StartsWith("ldc", StringComparison.Ordinal) || name.StartsWith("ldarg", StringComparison.Ordinal)
                || name.StartsWith("ldloc", StringComparison.Ordinal) || name.StartsWith("stloc", StringComparison.Ordinal)
                || name.StartsWith("starg", StringComparison.Ordinal) || IlDecoder.IsBranch(_old[i].Opcode)
                || (name.StartsWith("conv.", StringComparison.Ordinal) && !name.Contains("ovf", StringComparison.Ordinal))
                || name is "nop" or "ldstr" or "dup" or "pop" or "ret" or "ldnull" or "switch" or "sizeof" or "add" or "sub" or "mul" or "and" or "or" or "xor"
                    or "shl" or "shr" or "shr.un" or "neg" or "not" or "ceq" or "cgt" or "cgt.un" or "clt" or "clt.un"
                || (_old[i].Opcode == Call && objectConstructor != 0 && _old[i].Operand == objectConstructor)
                || (_old[i].Opcode == StFld && isConstructor && i >= 2 && _old[i - 2].Opcode == LdArg0);
            if (!harmless)
                return $"{name} without try";
        }

        return null;
    }

    /// <summary>A bare accessor: behind Enter stands <c>ldarg.0; brtrue.s body; Leave</c>, since the access is about to throw then.</summary>
    private bool TestsNull(bool wrapped) =>
        !wrapped && _old.Count is 3 or 4 && _old[^2].Opcode is LdFld or StFld && _new.Count > BodyBehindNullTest
        && _new[ProbeInstructions].Opcode == LdArg0 && _new[ProbeInstructions + 1].Opcode == BrTrueShort
        && _new[ProbeInstructions + 1].Operand == _new[BodyBehindNullTest].Offset && IsProbe(ProbeInstructions + 2, leave: true);

    private string? CheckMap(ReadOnlySpan<IlMapEntry> map)
    {
        int last = -1, lastNew = -1;
        foreach (IlMapEntry entry in map)
        {
            int old = (int)entry.OldOffset, now = (int)entry.NewOffset;
            if (old < last || now < lastNew || (old == last && old != 0) || entry.Accurate != 1)
                return "map is not ascending";
            last = old;
            lastNew = now;
            if (now != 0 && now != NewOffset(old))
                return "map names another instruction";
        }

        return map.Length > 0 && map[0].OldOffset == 0 && map[0].NewOffset == 0 ? null : "map does not begin at 0";
    }

    private int NewOffset(int oldOffset)
    {
        int index = Moved[_oldIndex[oldOffset]];
        return index < _new.Count ? _new[index].Offset : _new[^1].End;
    }

    private bool IsOurs(int at, int old) => at + 1 < _new.Count && (old + 1 == _old.Count || Moved[old + 1] > at + 1);

    private bool StartsTail(int i)
    {
        while (i < _old.Count && IlDecoder.IsPrefix(_old[i].Opcode))
        {
            if (_old[i++].Opcode == Tail)
                return true;
        }

        return false;
    }

    private bool IsBranchedTo(int offset) =>
        _old.Exists(i => (IlDecoder.IsBranch(i.Opcode) && i.Operand == offset) || (i.Targets is { } targets && targets.Contains(offset)));

    private static bool Same(Il old, Il moved) =>
        IlDecoder.IsBranch(old.Opcode)
            ? IlDecoder.Long(old.Opcode) == IlDecoder.Long(moved.Opcode)
            : old.Opcode == moved.Opcode && old.Operand == moved.Operand;

    private bool IsProbe(int at, bool leave) =>
        at >= 0 && at + ProbeInstructions <= _new.Count
        && _new[at].Opcode == LdcI4 && _new[at].Operand == (leave ? Body.Word | 1 : Body.Word)
        && _new[at + 1].Opcode == LdcI8 && _new[at + 1].Operand == Body.Address
        && _new[at + 2].Opcode == ConvI
        && _new[at + 3].Opcode == CallI && _new[at + 3].Operand == Body.Signature;

    /// <summary>The switch without targets that goes on behind itself.</summary>
    private bool IsFence(int at) =>
        at + FenceInstructions <= _new.Count && _new[at].Opcode == LdcI4Zero && _new[at + 1].Opcode == Not
        && _new[at + 2].Opcode == Switch && _new[at + 2].Targets is [];

    private static bool IsStore(short opcode) => opcode is (>= 0x0A and <= 0x0D) or 0x13 or unchecked((short)0xFE0E);

    private static bool IsLoad(short opcode) => opcode is (>= 0x06 and <= 0x09) or 0x11 or unchecked((short)0xFE0C);

    private static long LocalOf(Il il) => il.Opcode switch
    {
        >= 0x06 and <= 0x09 => il.Opcode - 0x06,
        >= 0x0A and <= 0x0D => il.Opcode - 0x0A,
        _ => il.Operand,
    };

    /// <summary>Decodes, and makes the table from offsets to indices: -1 where no instruction begins, the end behind the last.</summary>
    private static void Read(ReadOnlySpan<byte> code, List<Il> list, ref int[] index)
    {
        IlDecoder.Decode(code, list);
        if (index.Length <= code.Length)
            index = new int[(code.Length + 1) * 2];
        index.AsSpan(0, code.Length).Fill(-1);
        for (int i = 0; i < list.Count; i++)
            index[list[i].Offset] = i;
        index[code.Length] = list.Count;
    }
}
