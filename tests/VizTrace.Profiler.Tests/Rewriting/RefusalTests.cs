using VizTrace.Profiler.Rewriting;
using VizTrace.Records;
using Xunit;

namespace VizTrace.Profiler.Tests.Rewriting;

/// <summary>What is left alone, and why; and that damage never throws.</summary>
public class RefusalTests
{
    private static readonly byte[] s_call = [0x28, 0x01, 0x00, 0x00, 0x0A];

    public static TheoryData<string, byte[], int> Refused => new()
    {
        { "nothing", [], (int)NotRecordedReason.UndecodableBody },
        { "no code", Body.Tiny(), (int)NotRecordedReason.UndecodableBody },
        { "header alone", [0x13, 0x30, 0x08], (int)NotRecordedReason.UndecodableBody },
        { "code shorter than the header says", [0x13, 0x30, 0x08, 0x00, 0x09, 0, 0, 0, 0, 0, 0, 0, 0x2A], (int)NotRecordedReason.UndecodableBody },
        { "unknown opcode", Body.Tiny(0x24, 0x2A), (int)NotRecordedReason.UndecodableBody },
        { "unknown two-byte opcode", Body.Tiny(0xFE, 0x1F, 0x2A), (int)NotRecordedReason.UndecodableBody },
        { "half an opcode", Body.Tiny(0x2A, 0xFE), (int)NotRecordedReason.UndecodableBody },
        { "half an operand", Body.Tiny(0x2A, 0x28, 0x00), (int)NotRecordedReason.UndecodableBody },
        { "prefix at the end", Body.Tiny(0x2A, 0xFE, 0x13), (int)NotRecordedReason.UndecodableBody },
        { "switch longer than the code", Body.Tiny(0x45, 0xFF, 0xFF, 0xFF, 0x7F, 0x2A), (int)NotRecordedReason.UndecodableBody },
        { "branch out of the code", Body.Tiny(0x2B, 0x05, 0x2A), (int)NotRecordedReason.UndecodableBody },
        { "branch before the code", Body.Tiny(0x2B, 0x80, 0x2A), (int)NotRecordedReason.UndecodableBody },
        { "branch into an operand", Body.Tiny(0x2B, 0x01, 0x20, 0, 0, 0, 0, 0x26, 0x2A), (int)NotRecordedReason.UndecodableBody },
        { "branch between prefix and call", Body.Tiny([0x2B, 0x02, 0xFE, 0x13, .. s_call, 0x2A]), (int)NotRecordedReason.UndecodableBody },
        { "switch into an operand", Body.Tiny(0x16, 0x45, 1, 0, 0, 0, 1, 0, 0, 0, 0x20, 0, 0, 0, 0, 0x26, 0x2A), (int)NotRecordedReason.UndecodableBody },
        { "end is reached", Body.Tiny(0x00), (int)NotRecordedReason.ControlFlow },
        { "ret in a try", Body.Fat([.. s_call, 0x2A, 0xDC], regions: new Region(2, 0, 6, 6, 7)), (int)NotRecordedReason.ControlFlow },
        { "ret in a handler", Body.Fat([0x2B, 0x00, 0x2A], regions: new Region(2, 0, 2, 2, 3)), (int)NotRecordedReason.ControlFlow },
        { "tail call without ret", Body.Tiny([0xFE, 0x14, .. s_call, 0x00, 0x2A]), (int)NotRecordedReason.ControlFlow },
        { "tail prefix of something else", Body.Tiny(0xFE, 0x14, 0x00, 0x2A), (int)NotRecordedReason.ControlFlow },
        { "clause beyond the code", Body.Fat([.. s_call, 0x2A], regions: new Region(2, 0, 5, 5, 60)), (int)NotRecordedReason.UndecodableBody },
        { "clause inside an instruction", Body.Fat([.. s_call, 0x2A], regions: new Region(2, 0, 3, 3, 5)), (int)NotRecordedReason.UndecodableBody },
        { "clauses missing", Body.Fat([.. s_call, 0x2A], regions: new Region(2, 0, 5, 5, 6))[..20], (int)NotRecordedReason.UndecodableBody },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void BodyThatCannotBeRewrittenSafelyIsRefused(string what, byte[] body, int reason)
    {
        Rewritten result = Body.Rewrite(body);

        Assert.True((NotRecordedReason)reason == result.Refusal, $"{what}: {result.Refusal}");
        Assert.Empty(result.Bytes);
    }

    [Fact]
    public void MethodThatTheRuntimeSuspendsItselfIsRefused()
    {
        var metadata = new FakeMetadataReader(new FakeMetadata());
        var request = Body.Request with { ImplementationFlags = 0x2000 };

        Assert.Equal(NotRecordedReason.RuntimeAsync, new MethodRewriter().Rewrite(Body.Tiny(0x2A), in request, ref metadata).Refusal);
    }

    [Fact]
    public void DamagedReturnTypeIsRefused() =>
        Assert.Equal(NotRecordedReason.UndecodableBody, Body.Rewrite(Body.Tiny([.. s_call, 0x2A]), new FakeMetadata { Method = [0x00, 0x00, 0x15] }).Refusal);

    [Fact]
    public void DamagedLocalsAreRefused() =>
        Assert.Equal(
            NotRecordedReason.UndecodableBody,
            Body.Rewrite(Body.Fat([.. s_call, 0x2A], locals: 1), new FakeMetadata { Method = [0x00, 0x00, 0x08], Locals = [0x06, 0x01] }).Refusal);

    [Fact]
    public void LocalsThatTheRuntimeDoesNotTakeAreRefused() =>
        Assert.Equal(
            NotRecordedReason.RuntimeRefused,
            Body.Rewrite(Body.Tiny([.. s_call, 0x2A]), new FakeMetadata { Method = [0x00, 0x00, 0x08], NewToken = 0 }).Refusal);

    [Fact]
    public void MoreLocalsThanThereAreNumbersAreRefused()
    {
        byte[] locals = [0x07, 0xC0, 0x00, 0xFF, 0xFE, .. Enumerable.Repeat((byte)0x0E, 0xFFFE)];

        Rewritten result = Body.Rewrite(Body.Fat([.. s_call, 0x2A], locals: 1), new FakeMetadata { Method = [0x00, 0x00, 0x08], Locals = locals });

        Assert.Equal(NotRecordedReason.TooLarge, result.Refusal);
    }

    [Fact]
    public void DamageNeverThrowsAndNeverGivesUndecodableCode()
    {
        byte[] code = [0x02, 0x2D, 0x06, .. s_call, 0x2A, 0x02, 0x45, 2, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, .. s_call, 0x2A, .. s_call, 0xDE, 0x01, 0xDC, 0x2A];
        byte[] sound = Body.Fat(code, regions: new Region(2, 29, 36, 36, 37));
        Assert.Equal(NotRecordedReason.None, Body.Rewrite(sound).Refusal);
        var random = new Random(20260);
        int rewritten = 0, refused = 0;
        for (int round = 0; round < 20_000; round++)
        {
            byte[] damaged = [.. sound];
            for (int i = random.Next(1, 4); i > 0; i--)
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            damaged = damaged[..random.Next(damaged.Length * 3 / 4, damaged.Length + 1)];
            Rewritten result = Body.Rewrite(damaged, new FakeMetadata { Method = [0x00, 0x00, 0x08], Locals = [0x07, 0x01, 0x0E] });
            if (result.Refusal == NotRecordedReason.None)
            {
                rewritten++;
                Assert.NotEmpty(result.Listing);
            }
            else
            {
                refused++;
            }
        }

        Assert.True(rewritten > 300 && refused > 10_000, $"{rewritten} rewritten, {refused} refused");
    }

    [Fact]
    public void ThreadsRentRewritersOfTheirOwn()
    {
        MethodRewriter first = MethodRewriter.Rent(), second = MethodRewriter.Rent();
        Assert.NotSame(first, second);
        MethodRewriter.Return(first);
        MethodRewriter.Return(second);
    }
}
