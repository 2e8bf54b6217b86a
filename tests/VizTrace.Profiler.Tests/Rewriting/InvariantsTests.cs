using VizTrace.Profiler.Rewriting;
using VizTrace.Records;
using Xunit;

namespace VizTrace.Profiler.Tests.Rewriting;

/// <summary>The judge of the fuzz test is judged: what stands without a try must not be able to throw, and a wrong rewriting is found.</summary>
public class InvariantsTests
{
    private const uint ObjectConstructor = 0x0A00_0001;

    private static readonly byte[] s_enter = Probe(Body.Word);
    private static readonly byte[] s_leave = Probe(Body.Word | 1);
    private static readonly byte[] s_callConstructor = [0x28, 0x01, 0x00, 0x00, 0x0A];
    private static readonly byte[] s_callOther = [0x28, 0x02, 0x00, 0x00, 0x0A];
    private static readonly byte[] s_storeField = [0x7D, 0x05, 0x00, 0x00, 0x04];

    /// <summary>ldarg.0; call Object::.ctor; ldarg.0; ldnull; stfld; ret</summary>
    private static readonly byte[] s_constructor = [0x02, .. s_callConstructor, 0x02, 0x14, .. s_storeField];

    [Fact]
    public void AConstructorThatCallsThatOfObjectAndStoresIsSound() => Assert.Null(Judge(s_constructor, isConstructor: true));

    [Fact]
    public void TheSameWithoutKnowingTheConstructorOfObjectIsNot() =>
        Assert.Equal("call without try", Judge(s_constructor, isConstructor: true, objectConstructor: 0));

    [Fact]
    public void AnotherCallIsNot() => Assert.Equal("call without try", Judge([0x02, .. s_callOther], isConstructor: true));

    [Fact]
    public void AnotherCallBesideThatOfTheConstructorIsNot() =>
        Assert.Equal("call without try", Judge([0x02, .. s_callConstructor, .. s_callOther], isConstructor: true));

    [Fact]
    public void AStoreOutsideAConstructorIsNot() => Assert.Equal("stfld without try", Judge([0x00, 0x02, 0x14, .. s_storeField], isConstructor: false));

    [Fact]
    public void AStoreIntoAnotherObjectIsNotEvenInAConstructor() =>
        Assert.Equal("stfld without try", Judge([0x00, 0x03, 0x14, .. s_storeField], isConstructor: true));

    [Fact]
    public void AReadOfAFieldIsNot() => Assert.Equal("ldfld without try", Judge([0x00, 0x02, 0x7B, 0x05, 0x00, 0x00, 0x04, 0x26], isConstructor: true));

    [Fact]
    public void ALeaveThatIsMissingIsFound()
    {
        byte[] code = [0x00, 0x2A];
        Assert.NotNull(new Invariants().Check(code, [], 8, [.. s_enter, .. code], [], 10, ProbeStyle.Finally, [new IlMapEntry { Accurate = 1 }], 0, false));
    }

    /// <summary>What is said of a body, without its ret, when it was rewritten as one that cannot throw.</summary>
    private static string? Judge(byte[] body, bool isConstructor, uint objectConstructor = ObjectConstructor) =>
        new Invariants().Check(
            [.. body, 0x2A], [], 8, [.. s_enter, .. body, .. s_leave, 0x2A], [], 10, ProbeStyle.Finally, [new IlMapEntry { Accurate = 1 }],
            objectConstructor, isConstructor);

    /// <summary>ldc.i4 word; ldc.i8 address; conv.i; calli signature</summary>
    private static byte[] Probe(uint word) =>
        [0x20, .. Body.U32(word), 0x21, .. BitConverter.GetBytes(Body.Address), 0xD3, 0x29, .. Body.U32(Body.Signature)];
}
