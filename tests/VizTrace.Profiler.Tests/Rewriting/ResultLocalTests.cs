using Xunit;

namespace VizTrace.Profiler.Tests.Rewriting;

/// <summary>By which local a result goes out of the try block.</summary>
public class ResultLocalTests
{
    private static readonly string[] s_enter = ["ldc.i4 4660", "ldc.i8 140733498807928", "conv.i", "calli 11000777"];
    private static readonly string[] s_leave = ["ldc.i4 4661", "ldc.i8 140733498807928", "conv.i", "calli 11000777"];

    private static readonly byte[] s_call = [0x28, 0x01, 0x00, 0x00, 0x0A];

    [Fact]
    public void ResultIsCarriedInANewLocalOfTheReturnType()
    {
        var metadata = new FakeMetadata { Method = [0x00, 0x00, 0x0E] };

        Rewritten result = Body.Rewrite(Body.Tiny([.. s_call, 0x2A]), metadata);

        Assert.Equal([.. s_enter, "call 0A000001", "stloc.0", "leave.s -> 12", .. s_leave, "endfinally", "ldloc.0", "ret"], result.Listing);
        Assert.Equal(0x1100_0999u, result.Locals);
        Assert.Equal([0x07, 0x01, 0x0E], Assert.Single(metadata.Asked));
    }

    [Fact]
    public void NewLocalComesBehindTheOldOnes()
    {
        // static List<T> M(): locals (int, string) before.
        var metadata = new FakeMetadata { Method = [0x00, 0x00, 0x15, 0x12, 0x09, 0x01, 0x13, 0x00], Locals = [0x07, 0x02, 0x08, 0x0E] };

        Rewritten result = Body.Rewrite(Body.Fat([.. s_call, 0x2A], locals: 0x1100_0001, initLocals: true), metadata);

        Assert.Equal("stloc.2", result.Listing[5]);
        Assert.Equal([0x07, 0x03, 0x08, 0x0E, 0x15, 0x12, 0x09, 0x01, 0x13, 0x00], Assert.Single(metadata.Asked));
        Assert.True(result.InitLocals);
    }

    /// <summary>At a ret nobody reads the method's own locals again; a new signature costs a search through all that the module has.</summary>
    [Theory]
    [InlineData("int, string: int", new byte[] { 0x02, 0x08, 0x0E }, new byte[] { 0x08 }, 0)]
    [InlineData("int, List<T>: List<T>", new byte[] { 0x02, 0x08, 0x15, 0x12, 0x09, 0x01, 0x13, 0x00 }, new byte[] { 0x15, 0x12, 0x09, 0x01, 0x13, 0x00 }, 1)]
    [InlineData("string, ref int: ref int", new byte[] { 0x02, 0x0E, 0x10, 0x08 }, new byte[] { 0x10, 0x08 }, 1)]
    [InlineData("pinned string, string: string", new byte[] { 0x02, 0x45, 0x0E, 0x0E }, new byte[] { 0x0E }, 1)]
    [InlineData("modified int, int: int", new byte[] { 0x02, 0x1F, 0x09, 0x08, 0x08 }, new byte[] { 0x08 }, 1)]
    public void ResultTakesTheFirstLocalOfItsVeryType(string what, byte[] locals, byte[] returns, int local)
    {
        var metadata = new FakeMetadata { Method = [0x00, 0x00, .. returns], Locals = [0x07, .. locals] };

        Rewritten result = Body.Rewrite(Body.Fat([.. s_call, 0x2A], locals: 0x1100_0001, initLocals: true), metadata);

        Assert.True(
            result.Listing.SequenceEqual([.. s_enter, "call 0A000001", $"stloc.{local}", "leave.s -> 12", .. s_leave, "endfinally", $"ldloc.{local}", "ret"]), what);
        Assert.Equal(0x1100_0001u, result.Locals);
        Assert.Empty(metadata.Asked);
    }

    [Fact]
    public void PinnedLocalIsNoPlaceForAResult()
    {
        var metadata = new FakeMetadata { Method = [0x00, 0x00, 0x0E], Locals = [0x07, 0x01, 0x45, 0x0E] };

        Rewritten result = Body.Rewrite(Body.Fat([.. s_call, 0x2A], locals: 0x1100_0001), metadata);

        Assert.Equal("stloc.1", result.Listing[5]);
        Assert.Equal([0x07, 0x02, 0x45, 0x0E, 0x0E], Assert.Single(metadata.Asked));
    }

    [Theory]
    [InlineData(3, 1, "stloc.3", "ldloc.3")]
    [InlineData(4, 1, "stloc.s 4", "ldloc.s 4")]
    [InlineData(127, 1, "stloc.s 127", "ldloc.s 127")]
    [InlineData(255, 2, "stloc.s 255", "ldloc.s 255")]
    [InlineData(256, 2, "stloc 256", "ldloc 256")]
    public void NumberOfTheNewLocalTakesTheShortestForm(int before, int countBytes, string store, string load)
    {
        byte[] count = before < 128 ? [(byte)before] : [(byte)(0x80 | (before >> 8)), (byte)before];
        var metadata = new FakeMetadata { Method = [0x00, 0x00, 0x08], Locals = [0x07, .. count, .. Enumerable.Repeat((byte)0x0E, before)] };

        Rewritten result = Body.Rewrite(Body.Fat([.. s_call, 0x2A], locals: 0x1100_0001), metadata);

        Assert.Contains(store, result.Listing);
        Assert.Equal([load, "ret"], result.Listing[^2..]);
        Assert.Equal(countBytes, count.Length);
        Assert.Equal([.. Enumerable.Repeat((byte)0x0E, before), 0x08], metadata.Asked[0][^(before + 1)..]);
    }
}
