using System.Buffers.Binary;
using System.Reflection.Metadata;
using VizTrace.Profiler.Rewriting;
using VizTrace.Records;

namespace VizTrace.Profiler.Tests.Rewriting;

/// <summary>A clause as the tests write and compare it; ends are exclusive offsets.</summary>
internal readonly record struct Region(uint Kind, int TryStart, int TryEnd, int HandlerStart, int HandlerEnd, uint TokenOrFilter = 0);

/// <summary>Builds method bodies byte by byte, and reads them back through System.Reflection.Metadata.</summary>
internal static class Body
{
    public const uint Word = 0x1234;
    public const long Address = 0x7FFF_1234_5678;
    public const uint Signature = 0x1100_0777;

    /// <summary>What the tests ask for: words 1234 and 1235, so that each probe has its longest form.</summary>
    public static RewriteRequest Request => new()
    {
        EnterWord = Word,
        LeaveWord = Word | 1,
        EnterProbe = unchecked((nint)Address),
        LeaveProbe = unchecked((nint)Address),
        ProbeSignatureToken = Signature,
    };

    public static byte[] Tiny(params byte[] code) => [(byte)((code.Length << 2) | 2), .. code];

    public static byte[] Fat(byte[] code, int maxStack = 8, uint locals = 0, bool initLocals = false, bool fatSection = false, params Region[] regions)
    {
        var body = new List<byte>();
        int flags = 0x3003 | (initLocals ? 0x10 : 0) | (regions.Length > 0 ? 8 : 0);
        body.AddRange(U16(flags));
        body.AddRange(U16(maxStack));
        body.AddRange(U32((uint)code.Length));
        body.AddRange(U32(locals));
        body.AddRange(code);
        if (regions.Length == 0)
            return [.. body];
        while (body.Count % 4 != 0)
            body.Add(0xCC);
        int size = 4 + (regions.Length * (fatSection ? 24 : 12));
        body.AddRange(U32(fatSection ? 0x41 | ((uint)size << 8) : 0x01 | ((uint)size << 8)));
        foreach (Region r in regions)
        {
            if (fatSection)
            {
                foreach (uint field in new[] { r.Kind, (uint)r.TryStart, (uint)(r.TryEnd - r.TryStart), (uint)r.HandlerStart, (uint)(r.HandlerEnd - r.HandlerStart), r.TokenOrFilter })
                    body.AddRange(U32(field));
                continue;
            }

            body.AddRange(U16((int)r.Kind));
            body.AddRange(U16(r.TryStart));
            body.Add((byte)(r.TryEnd - r.TryStart));
            body.AddRange(U16(r.HandlerStart));
            body.Add((byte)(r.HandlerEnd - r.HandlerStart));
            body.AddRange(U32(r.TokenOrFilter));
        }

        return [.. body];
    }

    /// <summary>Rewrites and returns what is in the new body, read by System.Reflection.Metadata.</summary>
    public static Rewritten Rewrite(byte[] body, FakeMetadata? metadata = null, uint objectConstructor = 0)
    {
        RewriteRequest request = Request with { ObjectConstructorToken = objectConstructor };
        var fake = new FakeMetadataReader(metadata ?? new FakeMetadata());
        MethodRewriter rewriter = MethodRewriter.Rent();
        RewriteResult result = rewriter.Rewrite(body, in request, ref fake);
        var copy = new Rewritten(result.Refusal, result.Style, result.Body.ToArray(), [.. result.Map]);
        MethodRewriter.Return(rewriter);
        return copy;
    }

    private static byte[] U16(int value)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)value);
        return bytes;
    }

    public static byte[] U32(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }
}

/// <summary>A finished rewriting, copied out of the rewriter's buffers.</summary>
internal sealed record Rewritten(NotRecordedReason Refusal, ProbeStyle Style, byte[] Bytes, IlMapEntry[] Map)
{
    public string[] Listing => IlDecoder.Listing(Code);

    public byte[] Code => Read(block => block.GetILBytes()!);

    public int MaxStack => Read(block => block.MaxStack);

    public bool InitLocals => Read(block => block.LocalVariablesInitialized);

    public uint Locals => BinaryPrimitives.ReadUInt32LittleEndian(Bytes.AsSpan(8));

    public Region[] Regions => Read(block => block.ExceptionRegions.Select(r => new Region(
        (uint)r.Kind, r.TryOffset, r.TryOffset + r.TryLength, r.HandlerOffset, r.HandlerOffset + r.HandlerLength,
        r.Kind == ExceptionRegionKind.Filter ? (uint)r.FilterOffset
            : r.CatchType.IsNil ? 0 : (uint)System.Reflection.Metadata.Ecma335.MetadataTokens.GetToken(r.CatchType))).ToArray());

    public (int Old, int New)[] Offsets => [.. Map.Select(m => ((int)m.OldOffset, (int)m.NewOffset))];

    private unsafe T Read<T>(Func<MethodBodyBlock, T> read)
    {
        fixed (byte* start = Bytes)
            return read(MethodBodyBlock.Create(new BlobReader(start, Bytes.Length)));
    }
}

/// <summary>The metadata of a made-up method: what the rewriter asked for is kept.</summary>
internal sealed class FakeMetadata
{
    /// <summary>Default: <c>static void M()</c>.</summary>
    public byte[] Method { get; init; } = [0x00, 0x00, 0x01];

    public byte[] Locals { get; init; } = [];

    public uint NewToken { get; init; } = 0x1100_0999;

    public List<byte[]> Asked { get; } = [];
}

internal readonly struct FakeMetadataReader(FakeMetadata metadata) : IMethodMetadata
{
    public ReadOnlySpan<byte> MethodSignature() => metadata.Method;

    public ReadOnlySpan<byte> LocalsSignature(uint token) => metadata.Locals;

    public uint LocalsToken(ReadOnlySpan<byte> signature)
    {
        metadata.Asked.Add(signature.ToArray());
        return metadata.NewToken;
    }
}
