namespace VizTrace.Profiler.Rewriting;

/// <summary>Second pass: where everything will stand. Branches stay short as long as they reach.</summary>
internal sealed partial class MethodRewriter
{
    private const int ShortBranchBytes = 2, LongBranchBytes = 5, ShortOpcodeShift = 0x0D, RetBytes = 1;

    /// <summary>ldarg.0; brtrue.s.</summary>
    private const int NullTestBytes = 3;

    /// <summary>ldc.i4.0; not; switch without targets.</summary>
    private const int FenceBytes = 7;

    private int _enterBytes;
    private int _leaveBytes;
    private int _storeBytes;
    private int _loadBytes;

    /// <summary>Bytes of the finally's handler: Leave and endfinally.</summary>
    private int HandlerBytes => _leaveBytes + 1;

    /// <summary>Where the body begins in the new code.</summary>
    private int PrologueBytes => _enterBytes + (_shape == Shape.Accessor ? NullTestBytes + _leaveBytes : 0);

    private void Layout()
    {
        _enterBytes = ProbeBytes(_request.EnterWord);
        _leaveBytes = ProbeBytes(_request.LeaveWord);
        _storeBytes = _loadBytes = LocalBytes(_localIndex);
        SetLengths();
        do
        {
            AssignOffsets();
        }
        while (WidenBranches());
    }

    private void SetLengths()
    {
        for (int i = 0; i < _siteCount; i++)
        {
            ref Site site = ref _sites[i];
            switch (site.Kind)
            {
                case SiteKind.LeaveBefore:
                    site.NewLength = _leaveBytes;
                    break;
                case SiteKind.ReturnAfterTail:
                    // Branches to this ret did not come from the tail call: they get a Leave and a ret of their own.
                    bool branchedTo = _newOffsets[site.Offset] == Target;
                    site.Lead = branchedTo ? RetBytes : 0;
                    site.NewLength = branchedTo ? _leaveBytes + RetBytes : RetBytes;
                    break;
                case SiteKind.Return:
                    site.NewLength = _shape switch
                    {
                        Shape.TailCall or Shape.Accessor => _leaveBytes + RetBytes,
                        Shape.NoThrow when _returns == 1 => _leaveBytes + RetBytes,
                        Shape.NoThrow when i == _lastReturn => _storeBytes + _leaveBytes + _loadBytes + RetBytes,
                        Shape.TryFinally when i == _lastReturn && _jumps => _storeBytes + FenceBytes + ShortBranchBytes,
                        _ => _storeBytes + ShortBranchBytes,
                    };
                    break;
            }
        }
    }

    private void AssignOffsets()
    {
        int shift = PrologueBytes, from = 0;
        foreach (ref readonly Site site in _sites.AsSpan(0, _siteCount))
        {
            while (_starts[from] < site.Offset)
            {
                int start = _starts[from++];
                _newOffsets[start] = start + shift;
            }

            shift += site.Lead;
            _newOffsets[site.Offset] = site.Offset + shift;
            from++;
            shift += site.NewLength - site.OldLength;
        }

        for (; from < _startCount; from++)
            _newOffsets[_starts[from]] = _starts[from] + shift;
        _newOffsets[_header.CodeBytes] = _header.CodeBytes + shift;
    }

    /// <summary>Widens the short branches that no longer reach; false when all do. Branches never shrink again, so this ends.</summary>
    private bool WidenBranches()
    {
        bool widened = false;
        for (int i = 0; i < _siteCount; i++)
        {
            ref Site site = ref _sites[i];
            if (site.Wide || !TryBranch(i, out int end, out int target) || (uint)(target - end + 128) < 256)
                continue;
            site.Wide = true;
            site.NewLength += LongBranchBytes - ShortBranchBytes;
            widened = true;
        }

        return widened;
    }

    /// <summary>New offsets of the end of the branch in a site and of where it leads; false when the site has none.</summary>
    private bool TryBranch(int index, out int end, out int target)
    {
        ref readonly Site site = ref _sites[index];
        end = _newOffsets[site.Offset] + site.NewLength;
        target = 0;
        if (site.Kind == SiteKind.Branch)
            target = _newOffsets[site.Target];
        else if (site.Kind != SiteKind.Return || _shape is Shape.TailCall or Shape.Accessor)
            return false;
        else if (index != _lastReturn)
            target = _newOffsets[_sites[_lastReturn].Offset] + _storeBytes; // all rets share the one way out
        else if (_shape == Shape.TryFinally)
            target = _newOffsets[_header.CodeBytes] + HandlerBytes;
        else
            return false;
        return true;
    }

    private nint ProbeOf(uint word) => word == _request.EnterWord ? _request.EnterProbe : _request.LeaveProbe;

    private int ProbeBytes(uint word) => (word < 128 ? 2 : 5) + ((ulong)ProbeOf(word) <= int.MaxValue ? 5 : 9) + 1 + 5;

    private static int LocalBytes(int index) => index switch
    {
        < 0 => 0,
        < 4 => 1,
        < 256 => 2,
        _ => 4,
    };
}
