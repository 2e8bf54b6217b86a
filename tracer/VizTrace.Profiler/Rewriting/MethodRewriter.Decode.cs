using System.Buffers.Binary;
using VizTrace.Records;

namespace VizTrace.Profiler.Rewriting;

/// <summary>First pass: finds the instructions, and among them the sites where the new code differs from the old.</summary>
internal sealed partial class MethodRewriter
{
    private const byte Ret = 0x2A, LdArg0 = 0x02, Dup = 0x25, StArgShort = 0x10, Call = 0x28, CallIndirect = 0x29, CallVirtual = 0x6F, StFld = 0x7D;
    private const byte TwoUnaligned = 0x12, TwoConstrained = 0x16, TwoNo = 0x19, TwoStArg = 0x0B;
    private const int NotBoundary = -1, Boundary = 0, Target = 1;

    private int[] _starts = new int[256];
    private int[] _newOffsets = new int[512];
    private int[] _reported = new int[256];
    private Site[] _sites = new Site[32];
    private int _startCount;
    private int _reportedCount;
    private int _siteCount;
    private int _returns;
    private int _lastReturn;
    private bool _throws;
    private bool _tailCalls;

    /// <summary>There is a br.</summary>
    private bool _jumps;

    /// <summary>An instruction (with its prefixes) that is moved, replaced or given another operand.</summary>
    private struct Site
    {
        /// <summary>Old offset.</summary>
        public int Offset;

        /// <summary>Old bytes that are left out; 0 where something is only put before the instruction.</summary>
        public int OldLength;

        /// <summary>Bytes put before the place to which branches to <see cref="Offset"/> lead.</summary>
        public int Lead;

        /// <summary>Bytes from that place on that stand for the old ones.</summary>
        public int NewLength;

        /// <summary>Old offset of a branch's target.</summary>
        public int Target;

        public SiteKind Kind;

        /// <summary>The branch has 32 bits.</summary>
        public bool Wide;
    }

    private enum SiteKind : byte
    {
        Branch,
        Switch,
        Return,

        /// <summary>The ret behind a tail call: its leave is recorded before the call.</summary>
        ReturnAfterTail,

        /// <summary>A tail call or jmp: Leave goes before it and its prefixes.</summary>
        LeaveBefore,
    }

    private NotRecordedReason Decode(ReadOnlySpan<byte> il)
    {
        PrepareDecode(il.Length);
        ReadOnlySpan<byte> one = OpcodeTable.One, two = OpcodeTable.Two;
        int position = 0, info = 0;
        bool stackMayBeEmpty = true, afterTail = false, constructs = false, storesField = false, storesThis = false;
        int previous = 0, beforePrevious = 0, previousInfo = 0;
        while (position < il.Length)
        {
            int start = position, next, kind;
            bool tail = false;
            byte opcode;
            while (true)
            {
                opcode = il[position];
                byte second = 0;
                next = position + 1;
                if (opcode != OpcodeTable.TwoBytes)
                {
                    info = one[opcode];
                }
                else
                {
                    if (next == il.Length || il[next] >= two.Length)
                        return NotRecordedReason.UndecodableBody;
                    second = il[next++];
                    info = two[second];
                    storesThis |= second == TwoStArg && next < il.Length && il[next] == 0;
                }

                kind = info & OpcodeTable.KindMask;
                if (kind < (int)OperandKind.Prefix)
                    break;
                if (kind == (int)OperandKind.Invalid)
                    return NotRecordedReason.UndecodableBody;
                tail |= kind == (int)OperandKind.TailPrefix;
                _throws = true;
                position = next + second switch { TwoUnaligned or TwoNo => 1, TwoConstrained => 4, _ => 0 };
                if (position >= il.Length)
                    return NotRecordedReason.UndecodableBody;
            }

            _starts[_startCount++] = start;
            _newOffsets[start] = Boundary;
            if (stackMayBeEmpty || (info & OpcodeTable.Reported) != 0)
                _reported[_reportedCount++] = start;
            stackMayBeEmpty = (info & OpcodeTable.Pushes) == 0;

            int operand = next;
            next += OperandLength(il, next, kind);
            if (next > il.Length || next < operand)
                return NotRecordedReason.UndecodableBody;
            if ((info & OpcodeTable.Throws) != 0)
            {
                if (opcode == Call && _request.ObjectConstructorToken != 0
                    && BinaryPrimitives.ReadUInt32LittleEndian(il[operand..]) == _request.ObjectConstructorToken)
                    constructs = true;
                else if (opcode == StFld && beforePrevious == LdArg0 && IsPlainPush(previous, previousInfo))
                    storesField = true;
                else
                    _throws = true;
            }

            storesThis |= opcode == StArgShort && il[operand] == 0;
            if (tail)
            {
                if (opcode is not (Call or CallIndirect or CallVirtual) || next == il.Length || il[next] != Ret)
                    return NotRecordedReason.ControlFlow;
                AddSite(SiteKind.LeaveBefore, start, 0, 0);
                _tailCalls = true;
            }
            else if (kind >= (int)OperandKind.ShortBranch)
            {
                _jumps |= opcode is BrShort or Br;
                AddControlFlow(il, kind, start, operand, next, afterTail);
            }

            afterTail = tail;
            beforePrevious = previous;
            previous = opcode;
            previousInfo = info;
            position = next;
        }

        // A store to a field of this cannot fail in a constructor, where this is never null: believed only of straight code.
        _throws |= storesField && (!constructs || storesThis || _siteCount > 1 || _returns != 1);
        return (info & OpcodeTable.Ends) != 0 ? NotRecordedReason.None : NotRecordedReason.ControlFlow;
    }

    private static bool IsPlainPush(int opcode, int info) =>
        opcode != Dup && (info & (OpcodeTable.Pushes | OpcodeTable.Throws)) == OpcodeTable.Pushes;

    private static int OperandLength(ReadOnlySpan<byte> il, int at, int kind)
    {
        switch ((OperandKind)kind)
        {
            case OperandKind.Bytes1 or OperandKind.ShortBranch:
                return 1;
            case OperandKind.Bytes2:
                return 2;
            case OperandKind.Bytes4 or OperandKind.Branch or OperandKind.Jump:
                return 4;
            case OperandKind.Bytes8:
                return 8;
            case OperandKind.Switch:
                if (at > il.Length - 4)
                    return int.MaxValue;
                uint count = BinaryPrimitives.ReadUInt32LittleEndian(il[at..]);
                return count > MostCodeBytes / 4 ? int.MaxValue : 4 + (4 * (int)count);
            default:
                return 0;
        }
    }

    private void AddControlFlow(ReadOnlySpan<byte> il, int kind, int start, int operand, int next, bool afterTail)
    {
        switch ((OperandKind)kind)
        {
            case OperandKind.ShortBranch:
                AddSite(SiteKind.Branch, start, 2, next + (sbyte)il[operand]);
                break;
            case OperandKind.Branch:
                AddSite(SiteKind.Branch, start, 5, next + BinaryPrimitives.ReadInt32LittleEndian(il[operand..]));
                _sites[_siteCount - 1].Wide = true;
                break;
            case OperandKind.Switch:
                AddSite(SiteKind.Switch, start, next - start, 0);
                break;
            case OperandKind.Jump:
                AddSite(SiteKind.LeaveBefore, start, 0, 0);
                _tailCalls = true;
                break;
            case OperandKind.Return:
                _returns++;
                _lastReturn = _siteCount;
                AddSite(afterTail ? SiteKind.ReturnAfterTail : SiteKind.Return, start, 1, 0);
                break;
        }
    }

    private void AddSite(SiteKind kind, int offset, int length, int target)
    {
        if (_siteCount == _sites.Length)
            Array.Resize(ref _sites, _siteCount * 2);
        _sites[_siteCount++] = new Site { Kind = kind, Offset = offset, OldLength = length, NewLength = length, Target = target };
    }

    /// <summary>Every branch must lead to an instruction; marks those that are led to.</summary>
    private NotRecordedReason CheckTargets(ReadOnlySpan<byte> il)
    {
        foreach (ref readonly Site site in _sites.AsSpan(0, _siteCount))
        {
            if (site.Kind == SiteKind.Branch)
            {
                if (!MarkTarget(site.Target, il.Length))
                    return NotRecordedReason.UndecodableBody;
            }
            else if (site.Kind == SiteKind.Switch)
            {
                int end = site.Offset + site.OldLength;
                for (int at = site.Offset + 5; at < end; at += 4)
                {
                    if (!MarkTarget(end + BinaryPrimitives.ReadInt32LittleEndian(il[at..]), il.Length))
                        return NotRecordedReason.UndecodableBody;
                }
            }
        }

        return NotRecordedReason.None;
    }

    private bool MarkTarget(int offset, int length)
    {
        if ((uint)offset >= (uint)length || _newOffsets[offset] == NotBoundary)
            return false;
        _newOffsets[offset] = Target;
        return true;
    }

    /// <summary>Clauses must begin and end at instructions, and no ret may lie in one.</summary>
    private NotRecordedReason CheckClauses()
    {
        foreach (ref readonly ExceptionClause clause in _clauses.AsSpan(0, _clauseCount))
        {
            if (!IsRegion(clause.TryOffset, clause.TryLength) || !IsRegion(clause.HandlerOffset, clause.HandlerLength))
                return NotRecordedReason.UndecodableBody;
            if (clause.Flags == ExceptionClause.Filter && !IsRegion((int)clause.ClassTokenOrFilter, 0))
                return NotRecordedReason.UndecodableBody;
            foreach (ref readonly Site site in _sites.AsSpan(0, _siteCount))
            {
                if (site.Kind >= SiteKind.Return && clause.Covers(site.Offset))
                    return NotRecordedReason.ControlFlow;
            }
        }

        return NotRecordedReason.None;
    }

    private bool IsRegion(int offset, int length)
    {
        int code = _header.CodeBytes;
        return (uint)offset < (uint)code && (uint)length <= (uint)(code - offset)
            && _newOffsets[offset] != NotBoundary && (offset + length == code || _newOffsets[offset + length] != NotBoundary);
    }

    private void PrepareDecode(int length)
    {
        _startCount = _reportedCount = _siteCount = _returns = 0;
        _lastReturn = -1;
        _throws = _tailCalls = _jumps = false;
        if (_starts.Length < length)
        {
            _starts = new int[length * 2];
            _reported = new int[length * 2];
        }

        if (_newOffsets.Length <= length)
            _newOffsets = new int[(length + 1) * 2];
        _newOffsets.AsSpan(0, length + 1).Fill(NotBoundary);
    }
}
