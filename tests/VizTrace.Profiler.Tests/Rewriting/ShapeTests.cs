using VizTrace.Records;
using Xunit;

namespace VizTrace.Profiler.Tests.Rewriting;

/// <summary>One small body after the other, and the exact instructions that come out.</summary>
public class ShapeTests
{
    private static readonly string[] s_enter = ["ldc.i4 4660", "ldc.i8 140733498807928", "conv.i", "calli 11000777"];
    private static readonly string[] s_leave = ["ldc.i4 4661", "ldc.i8 140733498807928", "conv.i", "calli 11000777"];

    private const int EnterBytes = 20;

    private static readonly byte[] s_call = [0x28, 0x01, 0x00, 0x00, 0x0A];

    [Fact]
    public void VoidMethodThatCallsIsWrappedInTryFinally()
    {
        Rewritten result = Body.Rewrite(Body.Tiny([.. s_call, 0x2A]));

        Assert.Equal([.. s_enter, "call 0A000001", "leave.s -> 11", .. s_leave, "endfinally", "ret"], result.Listing);
        Assert.Equal([new Region(2, 20, 27, 27, 48)], result.Regions);
        Assert.Equal(ProbeStyle.Finally, result.Style);
        Assert.Equal(8, result.MaxStack);
        Assert.Equal(0u, result.Locals);
    }

    [Fact]
    public void SeveralReturnsShareOneLeave()
    {
        // ldarg.0; brtrue.s +6; call; ret; call; ret
        byte[] code = [0x02, 0x2D, 0x06, .. s_call, 0x2A, .. s_call, 0x2A];

        Rewritten result = Body.Rewrite(Body.Tiny(code), new FakeMetadata { Method = [0x00, 0x01, 0x08, 0x08] });

        Assert.Equal(
            [.. s_enter, "ldarg.0", "brtrue.s -> 9", "call 0A000001", "stloc.0", "br.s -> 11", "call 0A000001", "stloc.0", "leave.s -> 17",
                .. s_leave, "endfinally", "ldloc.0", "ret"],
            result.Listing);
    }

    [Fact]
    public void MethodThatOnlyThrowsHasNoWayOutButTheFinally()
    {
        Rewritten result = Body.Rewrite(Body.Tiny(0x14, 0x7A));

        Assert.Equal([.. s_enter, "ldnull", "throw", .. s_leave, "endfinally"], result.Listing);
        Assert.Equal([new Region(2, 20, 22, 22, 43)], result.Regions);
    }

    [Fact]
    public void LoopWithoutReturnAndWithoutThrowNeedsOnlyEnter()
    {
        Rewritten result = Body.Rewrite(Body.Tiny(0x2B, 0xFE));

        Assert.Equal([.. s_enter, "br.s -> 4"], result.Listing);
        Assert.Empty(result.Regions);
    }

    [Fact]
    public void LoopToTheFirstInstructionDoesNotEnterAgain()
    {
        // call; br.s -> 0
        Rewritten result = Body.Rewrite(Body.Tiny([.. s_call, 0x2B, 0xF9]));

        Assert.Equal([.. s_enter, "call 0A000001", "br.s -> 4", .. s_leave, "endfinally"], result.Listing);
    }

    [Fact]
    public void NothingThatCanThrowMeansNoTry()
    {
        // ldarg.0; ldc.i4.1; add; ret
        Rewritten result = Body.Rewrite(Body.Tiny(0x02, 0x17, 0x58, 0x2A), new FakeMetadata { Method = [0x00, 0x01, 0x08, 0x08] });

        Assert.Equal([.. s_enter, "ldarg.0", "ldc.i4.1", "add", .. s_leave, "ret"], result.Listing);
        Assert.Empty(result.Regions);
        Assert.Equal(10, result.MaxStack);
        Assert.Equal(ProbeStyle.Finally, result.Style);
    }

    [Fact]
    public void SeveralReturnsWithoutThrowShareOneLeave()
    {
        // ldarg.0; brtrue.s +2; ldc.i4.1; ret; ldc.i4.2; ret
        byte[] code = [0x02, 0x2D, 0x02, 0x17, 0x2A, 0x18, 0x2A];

        Rewritten result = Body.Rewrite(Body.Tiny(code), new FakeMetadata { Method = [0x00, 0x01, 0x08, 0x08] });

        Assert.Equal(
            [.. s_enter, "ldarg.0", "brtrue.s -> 9", "ldc.i4.1", "stloc.0", "br.s -> 11", "ldc.i4.2", "stloc.0", .. s_leave, "ldloc.0", "ret"],
            result.Listing);
        Assert.Empty(result.Regions);
    }

    [Fact]
    public void FieldGetterLeavesBeforeItReadsFromNull()
    {
        var instance = new FakeMetadata { Method = [0x20, 0x00, 0x08] };

        Rewritten result = Body.Rewrite(Body.Tiny(0x02, 0x7B, 0x05, 0x00, 0x00, 0x04, 0x2A), instance);

        Assert.Equal(
            [.. s_enter, "ldarg.0", "brtrue.s -> 10", .. s_leave, "ldarg.0", "ldfld 04000005", .. s_leave, "ret"], result.Listing);
        Assert.Equal([(0, 0), (0, 43), (6, 49)], result.Offsets);
        Assert.Empty(result.Regions);
        Assert.Equal(10, result.MaxStack);
        Assert.Empty(instance.Asked);
    }

    [Fact]
    public void FieldSetterLeavesBeforeItWritesToNull()
    {
        Rewritten result = Body.Rewrite(
            Body.Tiny(0x02, 0x03, 0x7D, 0x05, 0x00, 0x00, 0x04, 0x2A), new FakeMetadata { Method = [0x20, 0x01, 0x01, 0x08] });

        Assert.Equal(
            [.. s_enter, "ldarg.0", "brtrue.s -> 10", .. s_leave, "ldarg.0", "ldarg.1", "stfld 04000005", .. s_leave, "ret"], result.Listing);
    }

    [Fact]
    public void StaticMethodThatReadsAFieldOfItsArgumentCanThrow()
    {
        Rewritten result = Body.Rewrite(
            Body.Tiny(0x02, 0x7B, 0x05, 0x00, 0x00, 0x04, 0x2A), new FakeMetadata { Method = [0x00, 0x01, 0x08, 0x1C] });

        Assert.Equal([.. s_enter, "ldarg.0", "ldfld 04000005", "stloc.0", "leave.s -> 13", .. s_leave, "endfinally", "ldloc.0", "ret"], result.Listing);
    }

    [Fact]
    public void ConstantTextNeedsNoTry()
    {
        Rewritten result = Body.Rewrite(Body.Tiny(0x72, 0x05, 0x00, 0x00, 0x70, 0x2A), new FakeMetadata { Method = [0x00, 0x00, 0x0E] });

        Assert.Equal([.. s_enter, "ldstr 70000005", .. s_leave, "ret"], result.Listing);
    }

    [Fact]
    public void ConstructorThatOnlyStoresFieldsNeedsNoTry()
    {
        // ldarg.0; ldarg.1; stfld; ldarg.0; call Object::.ctor; ldarg.0; ldnull; stfld; ret
        byte[] store = [0x7D, 0x05, 0x00, 0x00, 0x04];
        byte[] code = [0x02, 0x03, .. store, 0x02, .. s_call, 0x02, 0x14, .. store, 0x2A];

        Rewritten known = Body.Rewrite(Body.Tiny(code), objectConstructor: 0x0A000001);
        Rewritten unknown = Body.Rewrite(Body.Tiny(code));

        Assert.Empty(known.Regions);
        Assert.Equal([.. s_leave, "ret"], known.Listing[^5..]);
        Assert.Single(unknown.Regions);
    }

    [Fact]
    public void StoreToAFieldOutsideAConstructorCanThrow()
    {
        byte[] code = [0x02, 0x14, 0x7D, 0x05, 0x00, 0x00, 0x04, 0x00, 0x2A];

        Rewritten result = Body.Rewrite(Body.Tiny(code), new FakeMetadata { Method = [0x20, 0x00, 0x01] }, objectConstructor: 0x0A000001);

        Assert.Single(result.Regions);
    }

    [Fact]
    public void ShortBranchThatNoLongerReachesIsWidened()
    {
        // 0: ldarg.0; 1: brtrue.s -> over 9 x (call, ret) plus filling to 127; call; ret. A ret grows from 1 to 3 bytes.
        byte[] between = [.. Enumerable.Repeat((byte[])[.. s_call, 0x2A], 9).SelectMany(b => b), .. Enumerable.Repeat((byte)0x00, 73)];
        byte[] code = [0x02, 0x2D, 127, .. between, .. s_call, 0x2A];

        Rewritten result = Body.Rewrite(Body.Fat(code));

        Assert.Equal("brtrue -> 97", result.Listing[5]);
        Assert.Equal(["call 0A000001", "leave.s -> 104"], result.Listing[97..99]);
        Assert.Equal("ret", result.Listing[104]);
    }

    [Fact]
    public void ReturnsFarFromTheEndTakeTheLongForm()
    {
        byte[] filling = [.. Enumerable.Repeat((byte)0x00, 200)];
        byte[] code = [0x02, 0x2D, 0x06, .. s_call, 0x2A, .. filling, .. s_call, 0x2A];

        Rewritten result = Body.Rewrite(Body.Fat(code));

        Assert.Equal("br -> 209", result.Listing[7]);
        Assert.Equal("leave.s -> 215", result.Listing[209]);
    }

    [Fact]
    public void LastReturnFarFromTheEndLeavesByTheLongForm()
    {
        byte[] filling = [.. Enumerable.Repeat((byte)0x00, 200)];
        byte[] code = [.. s_call, 0x2A, .. filling, 0x14, 0x7A];

        Rewritten result = Body.Rewrite(Body.Fat(code));

        Assert.Equal("leave -> 213", result.Listing[5]);
        Assert.Equal("ret", result.Listing[213]);
    }

    [Fact]
    public void SwitchTargetsMove()
    {
        // ldarg.0; switch (+0, +6); call; ret; call; ret
        byte[] code = [0x02, 0x45, 2, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, .. s_call, 0x2A, .. s_call, 0x2A];

        Rewritten result = Body.Rewrite(Body.Tiny(code), new FakeMetadata { Method = [0x00, 0x01, 0x01, 0x08] });

        Assert.Equal(
            [.. s_enter, "ldarg.0", "switch -> 6,8", "call 0A000001", "br.s -> 9", "call 0A000001", "leave.s -> 15", .. s_leave, "endfinally", "ret"],
            result.Listing);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void OldClausesMoveAndOursComesLast(bool fatSection)
    {
        // 0: call; leave.s 10; 7: pop; leave.s 10; 10: ret
        byte[] code = [.. s_call, 0xDE, 0x03, 0x26, 0xDE, 0x00, 0x2A];

        Rewritten result = Body.Rewrite(Body.Fat(code, fatSection: fatSection, regions: new Region(0, 0, 7, 7, 10, 0x0100_0010)));

        Assert.Equal(
            [.. s_enter, "call 0A000001", "leave.s -> 8", "pop", "leave.s -> 8", "leave.s -> 14", .. s_leave, "endfinally", "ret"], result.Listing);
        Assert.Equal([new Region(0, 20, 27, 27, 30, 0x0100_0010), new Region(2, 20, 32, 32, 53)], result.Regions);
    }

    [Fact]
    public void FilterFaultAndFinallyClausesKeepTheirKinds()
    {
        // 0: call; leave.s 13; 7 (filter): pop; ldc.i4.1; endfilter; 11 (handler): pop... ; then ret
        byte[] code = [.. s_call, 0xDE, 0x08, 0x26, 0x17, 0xFE, 0x11, 0x26, 0xDE, 0x01, 0x00, 0xDC, 0x2A];
        Region[] regions = [new(1, 0, 7, 11, 14, 7), new(4, 0, 14, 14, 16), new(2, 0, 14, 14, 16)];

        Rewritten result = Body.Rewrite(Body.Fat(code, regions: regions));

        Assert.Equal(
            [new Region(1, 20, 27, 31, 34, 27), new Region(4, 20, 34, 34, 36), new Region(2, 20, 34, 34, 36), new Region(2, 20, 38, 38, 59)],
            result.Regions);
    }

    [Fact]
    public void ClausesBeyondTheSmallFormAreWrittenFat()
    {
        byte[] filling = [.. Enumerable.Repeat((byte)0x00, 300)];
        byte[] code = [.. s_call, .. filling, 0x2A];

        Rewritten result = Body.Rewrite(Body.Fat(code));

        Assert.Equal([new Region(2, 20, 327, 327, 348)], result.Regions);
        int section = (12 + result.Code.Length + 3) & ~3;
        Assert.Equal(0x41, result.Bytes[section]);
        Assert.Equal(section + 28, result.Bytes.Length);
    }

    [Fact]
    public void TailCallGetsItsLeaveBeforeThePrefix()
    {
        // ldarg.0; brtrue.s +8; ldarg.0; tail. call; ret; ldarg.0; ret
        byte[] code = [0x02, 0x2D, 0x09, 0x02, 0xFE, 0x14, .. s_call, 0x2A, 0x02, 0x02, 0x2A];

        Rewritten result = Body.Rewrite(Body.Fat(code, maxStack: 1), new FakeMetadata { Method = [0x00, 0x01, 0x08, 0x08] });

        Assert.Equal(
            [.. s_enter, "ldarg.0", "brtrue.s -> 14", "ldarg.0", .. s_leave, "tail.", "call 0A000001", "ret", "ldarg.0", "ldarg.0", .. s_leave, "ret"],
            result.Listing);
        Assert.Equal(ProbeStyle.TailCall, result.Style);
        Assert.Empty(result.Regions);
        Assert.Equal(3, result.MaxStack);
    }

    [Fact]
    public void LeaveGoesBeforeAllPrefixesOfATailCall()
    {
        // constrained. tail. callvirt; ret
        byte[] code = [0xFE, 0x16, 0x02, 0x00, 0x00, 0x1B, 0xFE, 0x14, 0x6F, 0x01, 0x00, 0x00, 0x0A, 0x2A];

        Rewritten result = Body.Rewrite(Body.Tiny(code));

        Assert.Equal([.. s_enter, .. s_leave, "constrained. 1B000002", "tail.", "callvirt 0A000001", "ret"], result.Listing);
    }

    [Fact]
    public void BranchToTheTailPrefixLandsOnTheLeave()
    {
        // br.s -> tail.; tail. call; ret
        byte[] code = [0x2B, 0x00, 0xFE, 0x14, .. s_call, 0x2A];

        Rewritten result = Body.Rewrite(Body.Tiny(code));

        Assert.Equal([.. s_enter, "br.s -> 5", .. s_leave, "tail.", "call 0A000001", "ret"], result.Listing);
    }

    [Fact]
    public void ReturnOfATailCallThatOthersBranchToIsDoubled()
    {
        // ldarg.0; brfalse.s -> ret; tail. call; ret
        byte[] code = [0x02, 0x2C, 0x07, 0xFE, 0x14, .. s_call, 0x2A];

        Rewritten result = Body.Rewrite(Body.Tiny(code), new FakeMetadata { Method = [0x00, 0x01, 0x01, 0x08] });

        Assert.Equal(
            [.. s_enter, "ldarg.0", "brfalse.s -> 13", .. s_leave, "tail.", "call 0A000001", "ret", .. s_leave, "ret"],
            result.Listing);
    }

    [Fact]
    public void JmpGetsItsLeaveBefore()
    {
        Rewritten result = Body.Rewrite(Body.Tiny(0x27, 0x01, 0x00, 0x00, 0x06));

        Assert.Equal([.. s_enter, .. s_leave, "jmp 06000001"], result.Listing);
        Assert.Equal(ProbeStyle.TailCall, result.Style);
    }

    [Fact]
    public void SmallWordsAndLowAddressesTakeShortForms()
    {
        var request = new VizTrace.Profiler.Rewriting.RewriteRequest
        {
            EnterWord = 2,
            LeaveWord = 3,
            EnterProbe = 0x1000_0000,
            LeaveProbe = 0x1000_0000,
            ProbeSignatureToken = Body.Signature,
        };
        var metadata = new FakeMetadataReader(new FakeMetadata());
        var rewriter = new VizTrace.Profiler.Rewriting.MethodRewriter();

        ReadOnlySpan<byte> code = rewriter.Rewrite(Body.Tiny(0x2A), in request, ref metadata).Body[12..];

        Assert.Equal(
            ["ldc.i4.s 2", "ldc.i4 268435456", "conv.i", "calli 11000777", "ldc.i4.s 3", "ldc.i4 268435456", "conv.i", "calli 11000777", "ret"],
            IlDecoder.Listing(code));
    }

    [Fact]
    public void MethodThatJumpsGetsASwitchWithoutTargetsBeforeItsWayOut()
    {
        // ldarg.0; brtrue.s +3; ldnull; br.s +1; ldnull; call; ret: the call stands where two branches meet with something on the stack.
        byte[] code = [0x02, 0x2D, 0x03, 0x14, 0x2B, 0x01, 0x14, .. s_call, 0x2A];

        Rewritten result = Body.Rewrite(Body.Tiny(code), new FakeMetadata { Method = [0x00, 0x01, 0x08, 0x08] });

        Assert.Equal(
            [.. s_enter, "ldarg.0", "brtrue.s -> 8", "ldnull", "br.s -> 9", "ldnull", "call 0A000001", "stloc.0", "ldc.i4.0", "not", "switch -> ",
                "leave.s -> 20", .. s_leave, "endfinally", "ldloc.0", "ret"],
            result.Listing);
    }

    [Fact]
    public void AllReturnsOfAMethodThatJumpsLeadThroughTheSwitch()
    {
        // ldarg.0; brtrue.s +6; call; ret; br +0; call; ret
        byte[] code = [0x02, 0x2D, 0x06, .. s_call, 0x2A, 0x38, 0, 0, 0, 0, .. s_call, 0x2A];

        Rewritten result = Body.Rewrite(Body.Tiny(code), new FakeMetadata { Method = [0x00, 0x01, 0x01, 0x08] });

        Assert.Equal(
            [.. s_enter, "ldarg.0", "brtrue.s -> 8", "call 0A000001", "br.s -> 10", "br -> 9", "call 0A000001", "ldc.i4.0", "not", "switch -> ",
                "leave.s -> 19", .. s_leave, "endfinally", "ret"],
            result.Listing);
    }

    [Fact]
    public void MapHasAnEntryWhereverALineCanBegin()
    {
        // 0: ldarg.0; 1: call; 6: stloc.0; 7: ldloc.0; 8: ldc.i4.1; 9: add; 10: ret
        byte[] code = [0x02, .. s_call, 0x0A, 0x06, 0x17, 0x58, 0x2A];

        Rewritten result = Body.Rewrite(
            Body.Fat(code, locals: 0x1100_0001), new FakeMetadata { Method = [0x00, 0x01, 0x08, 0x08], Locals = [0x07, 0x01, 0x08] });

        Assert.Equal([(0, 0), (0, 20), (1, 21), (6, 26), (7, 27), (10, 30)], result.Offsets);
        Assert.All(result.Map, m => Assert.Equal(1, m.Accurate));
    }

    [Fact]
    public void BodiesOfManyThousandInstructionsAreRewritten()
    {
        byte[] filling = [.. Enumerable.Repeat((byte[])[.. s_call, 0x2A], 40_000).SelectMany(b => b)];

        Rewritten result = Body.Rewrite(Body.Fat(filling));

        Assert.Equal(NotRecordedReason.None, result.Refusal);
        Assert.Equal(4 + 80_000 + 5 + 1, result.Listing.Length);
        Assert.Equal(EnterBytes, result.Regions[0].TryStart);
    }
}
