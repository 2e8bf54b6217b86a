using System.Buffers.Binary;

namespace VizTrace.Profiler.Rewriting;

/// <summary>Third pass: writes the new body.</summary>
internal sealed partial class MethodRewriter
{
    private const byte BrShort = 0x2B, Br = 0x38, LeaveShort = 0xDE, Leave = 0xDD, EndFinally = 0xDC;
    private const int StackOfProbe = 2;

    private byte[] _output = new byte[1024];
    private IlMapEntry[] _map = new IlMapEntry[128];

    private ReadOnlySpan<byte> Emit(ReadOnlySpan<byte> il)
    {
        bool wraps = _shape == Shape.TryFinally;
        int bodyEnd = _newOffsets[_header.CodeBytes];
        int code = bodyEnd;
        if (wraps)
            code += HandlerBytes + (_returns > 0 ? _loadBytes + RetBytes : 0);
        MoveClauses();
        if (wraps)
            AddFinally(bodyEnd);
        ReadOnlySpan<ExceptionClause> clauses = _clauses.AsSpan(0, _clauseCount);
        int sections = (MethodBodyHeader.FatBytes + code + 3) & ~3;
        int length = clauses.IsEmpty ? MethodBodyHeader.FatBytes + code : sections + ExceptionClauses.Length(clauses);
        if (_output.Length < length)
            _output = new byte[length * 2];

        Span<byte> output = _output;
        int maxStack = _shape == Shape.TryFinally || (_shape == Shape.NoThrow && _returns != 1)
            ? Math.Max(_header.MaxStack, StackOfProbe)
            : Math.Min(_header.MaxStack + StackOfProbe, ushort.MaxValue);
        int flags = (_header.Flags & MethodBodyHeader.InitLocals) | (clauses.IsEmpty ? 0 : MethodBodyHeader.MoreSections);
        MethodBodyHeader.Write(output, flags, maxStack, code, _localsToken);
        EmitCode(il, output.Slice(MethodBodyHeader.FatBytes, code));
        if (!clauses.IsEmpty)
        {
            output[(MethodBodyHeader.FatBytes + code)..sections].Clear();
            ExceptionClauses.Write(output[sections..length], clauses);
        }

        return output[..length];
    }

    private void EmitCode(ReadOnlySpan<byte> il, Span<byte> code)
    {
        int at = EmitProbe(code, 0, _request.EnterWord), copied = 0;
        if (_shape == Shape.Accessor)
            at = EmitLeaveIfNull(code, at);
        for (int i = 0; i < _siteCount; i++)
        {
            ref readonly Site site = ref _sites[i];
            il[copied..site.Offset].CopyTo(code[at..]);
            at += site.Offset - copied;
            copied = site.Offset + site.OldLength;
            at = site.Kind switch
            {
                SiteKind.Branch => EmitBranch(code, at, BranchOpcode(il[site.Offset], site.Wide), i),
                SiteKind.Switch => EmitSwitch(il, code, at, in site),
                SiteKind.LeaveBefore => EmitProbe(code, at, _request.LeaveWord),
                _ => EmitReturn(code, at, i),
            };
        }

        il[copied..].CopyTo(code[at..]);
        at += il.Length - copied;
        if (_shape != Shape.TryFinally)
            return;
        at = EmitProbe(code, at, _request.LeaveWord);
        code[at++] = EndFinally;
        if (_returns > 0)
        {
            at = EmitLocal(code, at, load: true);
            code[at] = Ret;
        }
    }

    private int EmitReturn(Span<byte> code, int at, int index)
    {
        ref readonly Site site = ref _sites[index];
        if (site.Kind == SiteKind.ReturnAfterTail)
        {
            code[at++] = Ret;
            if (site.Lead == 0)
                return at;
        }
        else if (_shape == Shape.TryFinally || (_shape == Shape.NoThrow && _returns > 1))
        {
            at = EmitLocal(code, at, load: false);
            if (index != _lastReturn)
                return EmitBranch(code, at, site.Wide ? Br : BrShort, index);
            if (_shape == Shape.TryFinally)
                return EmitBranch(code, _jumps ? EmitFence(code, at) : at, site.Wide ? Leave : LeaveShort, index);
            at = EmitProbe(code, at, _request.LeaveWord);
            at = EmitLocal(code, at, load: true);
            code[at++] = Ret;
            return at;
        }

        at = EmitProbe(code, at, _request.LeaveWord);
        code[at++] = Ret;
        return at;
    }

    /// <summary>A null <c>this</c> makes the access throw: the Leave before it is the only one that will run. A try would cost the inlining.</summary>
    private int EmitLeaveIfNull(Span<byte> code, int at)
    {
        const byte BrTrueShort = 0x2D;
        code[at] = LdArg0;
        code[at + 1] = BrTrueShort;
        code[at + 2] = (byte)_leaveBytes;
        return EmitProbe(code, at + NullTestBytes, _request.LeaveWord);
    }

    private int EmitProbe(Span<byte> code, int at, uint word)
    {
        const byte LdcI4Short = 0x1F, LdcI4 = 0x20, LdcI8 = 0x21, ConvI = 0xD3;
        if (word < 128)
        {
            code[at] = LdcI4Short;
            code[at + 1] = (byte)word;
            at += 2;
        }
        else
        {
            code[at] = LdcI4;
            BinaryPrimitives.WriteUInt32LittleEndian(code[(at + 1)..], word);
            at += 5;
        }

        nint probe = ProbeOf(word);
        if ((ulong)probe <= int.MaxValue)
        {
            code[at] = LdcI4;
            BinaryPrimitives.WriteInt32LittleEndian(code[(at + 1)..], (int)probe);
            at += 5;
        }
        else
        {
            code[at] = LdcI8;
            BinaryPrimitives.WriteInt64LittleEndian(code[(at + 1)..], probe);
            at += 9;
        }

        code[at] = ConvI;
        code[at + 1] = CallIndirect;
        BinaryPrimitives.WriteUInt32LittleEndian(code[(at + 2)..], _request.ProbeSignatureToken);
        return at + 6;
    }

    /// <summary>
    /// A switch without targets before the way out of the try: it goes on behind itself, and stack traces keep their lines. The code in which a
    /// failed range check ends has no line. The JIT puts it behind the region's last block that does not go on with the next: in the method as
    /// it was that is the ret, in a try a jump in its middle, and what follows that, if it begins within an expression (the second half of a
    /// <c>?:</c>), has no line of its own either, takes this one's, and is shown as the method's first. The switch is a last such block. Of a
    /// constant it would be gone too early, and <c>not</c> is not computed until later; optimized code has none of it, other code a jump.
    /// That is .NET 10. In 8 and 9 the switch is gone before the JIT looks for a place, and such lines are still wrong there. A nop where branches
    /// lead does not help: the JIT is asked for the offsets behind nops only in modules that are not to be optimized.
    /// </summary>
    private static int EmitFence(Span<byte> code, int at)
    {
        const byte LdcI4Zero = 0x16, Not = 0x66, Switch = 0x45;
        code[at] = LdcI4Zero;
        code[at + 1] = Not;
        code[at + 2] = Switch;
        code.Slice(at + 3, sizeof(int)).Clear();
        return at + FenceBytes;
    }

    private static byte BranchOpcode(byte old, bool wide)
    {
        if (!wide || old is >= Br and <= 0x44 or Leave)
            return old;
        return old == LeaveShort ? Leave : (byte)(old + ShortOpcodeShift);
    }

    private int EmitBranch(Span<byte> code, int at, byte opcode, int index)
    {
        _ = TryBranch(index, out int end, out int target);
        code[at] = opcode;
        if (_sites[index].Wide)
            BinaryPrimitives.WriteInt32LittleEndian(code[(at + 1)..], target - end);
        else
            code[at + 1] = (byte)(target - end);
        return end;
    }

    private int EmitSwitch(ReadOnlySpan<byte> il, Span<byte> code, int at, in Site site)
    {
        const int FirstTarget = 5;
        il.Slice(site.Offset, FirstTarget).CopyTo(code[at..]);
        int oldEnd = site.Offset + site.OldLength, newEnd = at + site.OldLength;
        for (int i = FirstTarget; i < site.OldLength; i += 4)
        {
            int target = oldEnd + BinaryPrimitives.ReadInt32LittleEndian(il[(site.Offset + i)..]);
            BinaryPrimitives.WriteInt32LittleEndian(code[(at + i)..], _newOffsets[target] - newEnd);
        }

        return newEnd;
    }

    /// <summary>ldloc or stloc of the new local; nothing when there is none.</summary>
    private int EmitLocal(Span<byte> code, int at, bool load)
    {
        switch (LocalBytes(_localIndex))
        {
            case 1:
                code[at] = (byte)((load ? 0x06 : 0x0A) + _localIndex);
                return at + 1;
            case 2:
                code[at] = (byte)(load ? 0x11 : 0x13);
                code[at + 1] = (byte)_localIndex;
                return at + 2;
            case 4:
                code[at] = OpcodeTable.TwoBytes;
                code[at + 1] = (byte)(load ? 0x0C : 0x0E);
                BinaryPrimitives.WriteUInt16LittleEndian(code[(at + 2)..], (ushort)_localIndex);
                return at + 4;
            default:
                return at;
        }
    }

    private void MoveClauses()
    {
        foreach (ref ExceptionClause clause in _clauses.AsSpan(0, _clauseCount))
        {
            clause.TryLength = _newOffsets[clause.TryOffset + clause.TryLength] - _newOffsets[clause.TryOffset];
            clause.HandlerLength = _newOffsets[clause.HandlerOffset + clause.HandlerLength] - _newOffsets[clause.HandlerOffset];
            clause.TryOffset = _newOffsets[clause.TryOffset];
            clause.HandlerOffset = _newOffsets[clause.HandlerOffset];
            if (clause.Flags == ExceptionClause.Filter)
                clause.ClassTokenOrFilter = (uint)_newOffsets[(int)clause.ClassTokenOrFilter];
        }
    }

    /// <summary>Our clause comes last: the runtime wants inner ones first.</summary>
    private void AddFinally(int bodyEnd)
    {
        if (_clauseCount == _clauses.Length)
            Array.Resize(ref _clauses, _clauseCount + 1);
        _clauses[_clauseCount++] = new ExceptionClause
        {
            Flags = ExceptionClause.Finally,
            TryOffset = _enterBytes,
            TryLength = bodyEnd - _enterBytes,
            HandlerOffset = bodyEnd,
            HandlerLength = HandlerBytes,
        };
    }

    private ReadOnlySpan<IlMapEntry> BuildMap()
    {
        if (_map.Length <= _reportedCount)
            _map = new IlMapEntry[(_reportedCount + 1) * 2];
        int count = 0;
        // The Enter probe belongs to the first line.
        if (_newOffsets[0] != 0)
            _map[count++] = new IlMapEntry { Accurate = 1 };
        foreach (int old in _reported.AsSpan(0, _reportedCount))
            _map[count++] = new IlMapEntry { OldOffset = (uint)old, NewOffset = (uint)_newOffsets[old], Accurate = 1 };
        return _map.AsSpan(0, count);
    }
}
