using System.Buffers.Binary;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Runtime.InteropServices;
using VizTrace.Profiler.Rewriting;
using Xunit;
using Xunit.Abstractions;

namespace VizTrace.Profiler.Tests.Rewriting;

/// <summary>Every method of every managed assembly of the installed SDK and its shared frameworks goes through the rewriter.</summary>
public class SdkFuzzTests(ITestOutputHelper output)
{
    /// <summary>What must not be left in a readable name.</summary>
    private static readonly string[] s_compilersMarks = [">d__", ">b__", ">g__", ">m__", "<>c"];

    private readonly Invariants _invariants = new();
    private readonly MethodRewriter _rewriter = new();
    private readonly SortedDictionary<string, int> _counts = [];
    private readonly List<string> _wrong = [];
    private long _oldBytes, _newBytes;
    private byte[] _pinned = [];

    [Fact]
    public void EveryMethodOfTheSdkIsRewrittenSoundly()
    {
        string dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        var seen = new HashSet<Guid>();
        foreach (string folder in new[] { "sdk", "shared" })
        {
            foreach (string path in Directory.EnumerateFiles(Path.Combine(dotnet, folder), "*.dll", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            {
                if (!path.EndsWith(".resources.dll", StringComparison.Ordinal))
                    CheckAssembly(path, seen);
            }
        }

        int methods = _counts.Where(c => c.Key.StartsWith("rewritten", StringComparison.Ordinal)).Sum(c => c.Value);
        foreach ((string what, int count) in _counts)
            output.WriteLine($"{count,9:N0}  {what}");
        output.WriteLine($"{_oldBytes,9:N0}  bytes of IL before, {_newBytes:N0} after");
        Assert.True(_wrong.Count == 0, $"{_wrong.Count} wrong, first:\n{string.Join('\n', _wrong.Take(20))}");
        Assert.True(methods > 100_000, $"only {methods} methods found below {dotnet}");
        Assert.DoesNotContain(_counts.Keys, k => k.StartsWith("refused", StringComparison.Ordinal));
    }

    private unsafe void CheckAssembly(string path, HashSet<Guid> seen)
    {
        using var pe = new PEReader(File.OpenRead(path));
        if (!pe.HasMetadata)
            return;
        MetadataReader metadata = pe.GetMetadataReader();
        if (!seen.Add(metadata.GetGuid(metadata.GetModuleDefinition().Mvid)))
            return;
        Count("assemblies");
        uint objectConstructor = FindObjectConstructor(metadata);
        var names = new MetadataNames(metadata);
        foreach (MethodDefinitionHandle handle in metadata.MethodDefinitions)
        {
            MethodDefinition method = metadata.GetMethodDefinition(handle);
            string name = names.Of(method);
            if (s_compilersMarks.Any(mark => name.Contains(mark, StringComparison.Ordinal)))
                _wrong.Add($"{Path.GetFileName(path)} {MetadataTokens.GetToken(handle):X8}: name {name}");
            if (method.RelativeVirtualAddress == 0 || (method.ImplAttributes & System.Reflection.MethodImplAttributes.CodeTypeMask) != 0)
                continue;
            PEMemoryBlock section = pe.GetSectionData(method.RelativeVirtualAddress);
            MethodBodyBlock body = MethodBodyBlock.Create(new BlobReader(section.Pointer, section.Length));
            var reader = new SrmMetadata(metadata, metadata.GetBlobReader(method.Signature));
            string? wrong;
            try
            {
                wrong = CheckMethod(
                    body, new ReadOnlySpan<byte>(section.Pointer, body.Size), reader, objectConstructor, metadata.StringComparer.Equals(method.Name, ".ctor"));
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                wrong = e.ToString();
            }

            if (wrong is not null)
                _wrong.Add($"{Path.GetFileName(path)} {MetadataTokens.GetToken(handle):X8} {metadata.GetString(method.Name)}: {wrong}");
        }
    }

    private string? CheckMethod(MethodBodyBlock old, ReadOnlySpan<byte> oldBytes, SrmMetadata metadata, uint objectConstructor, bool isConstructor)
    {
        RewriteRequest request = Body.Request with { ObjectConstructorToken = objectConstructor };
        RewriteResult result = _rewriter.Rewrite(oldBytes, in request, ref metadata);
        if (!result.Rewritten)
        {
            Count($"refused: {result.Refusal}");
            return $"refused: {result.Refusal}";
        }

        MethodBodyBlock now = Read(result.Body);
        Region[] oldRegions = Regions(old), newRegions = Regions(now);
        Count($"rewritten, {result.Style}{(newRegions.Length > oldRegions.Length ? "" : ", no try of ours")}");
        if (oldRegions.Length > 0)
            Count("with clauses of its own");
        _oldBytes += old.Size;
        _newBytes += result.Body.Length;
        if (now.LocalVariablesInitialized != old.LocalVariablesInitialized)
            return "init locals";
        if (now.Size != result.Body.Length)
            return "size";
        return CheckLocals(old, result.Body, metadata)
            ?? _invariants.Check(
                old.GetILBytes(), oldRegions, old.MaxStack, now.GetILBytes(), newRegions, now.MaxStack, result.Style, result.Map, objectConstructor, isConstructor)
            ?? CheckReuse(old, metadata);
    }

    /// <summary>A result carried by a local that was there already: it must be of the very type.</summary>
    private string? CheckReuse(MethodBodyBlock old, SrmMetadata metadata)
    {
        if (_invariants.HasFence)
            Count("with a switch before the way out");
        if (metadata.Added is not null || _invariants.ResultLocal < 0)
            return null;
        Count("result in a local that was there");
        return !old.LocalSignature.IsNil && metadata.IsOfReturnType((uint)MetadataTokens.GetToken(old.LocalSignature), (int)_invariants.ResultLocal)
            ? null
            : "local of another type";
    }

    /// <summary>Locals are the old ones, or the old ones and one of the return type.</summary>
    private static string? CheckLocals(MethodBodyBlock old, ReadOnlySpan<byte> body, SrmMetadata metadata)
    {
        uint token = BinaryPrimitives.ReadUInt32LittleEndian(body[8..]);
        uint oldToken = old.LocalSignature.IsNil ? 0 : (uint)MetadataTokens.GetToken(old.LocalSignature);
        if (token == oldToken)
            return metadata.Added is null ? null : "new local is not used";
        if (token != SrmMetadata.NewToken || metadata.Added is null)
            return "locals token";
        int before = oldToken == 0 ? 0 : ReadCount(metadata.LocalsSignature(oldToken), out _);
        int after = ReadCount(metadata.Added, out int header);
        ReadOnlySpan<byte> oldTypes = default;
        if (oldToken != 0)
        {
            ReadCount(metadata.LocalsSignature(oldToken), out int oldHeader);
            oldTypes = metadata.LocalsSignature(oldToken)[oldHeader..];
        }

        return after == before + 1 && metadata.Added.AsSpan(header).StartsWith(oldTypes)
            && metadata.ReturnTypeMatches(metadata.Added.AsSpan(header + oldTypes.Length)) ? null : "new local";
    }

    private static unsafe int ReadCount(ReadOnlySpan<byte> locals, out int header)
    {
        fixed (byte* start = locals)
        {
            var reader = new BlobReader(start, locals.Length);
            reader.ReadSignatureHeader();
            int count = reader.ReadCompressedInteger();
            header = reader.Offset;
            return count;
        }
    }

    /// <summary>The block keeps pointers: the new body is copied to where it cannot be moved.</summary>
    private unsafe MethodBodyBlock Read(ReadOnlySpan<byte> body)
    {
        if (_pinned.Length < body.Length)
            _pinned = GC.AllocateUninitializedArray<byte>(body.Length * 2, pinned: true);
        body.CopyTo(_pinned);
        return MethodBodyBlock.Create(new BlobReader((byte*)Marshal.UnsafeAddrOfPinnedArrayElement(_pinned, 0), body.Length));
    }

    private static Region[] Regions(MethodBodyBlock body)
    {
        if (body.ExceptionRegions.IsEmpty)
            return [];
        var regions = new Region[body.ExceptionRegions.Length];
        for (int i = 0; i < regions.Length; i++)
        {
            ExceptionRegion r = body.ExceptionRegions[i];
            regions[i] = new Region(
                (uint)r.Kind, r.TryOffset, r.TryOffset + r.TryLength, r.HandlerOffset, r.HandlerOffset + r.HandlerLength,
                r.Kind == ExceptionRegionKind.Filter ? (uint)r.FilterOffset : r.CatchType.IsNil ? 0 : (uint)MetadataTokens.GetToken(r.CatchType));
        }

        return regions;
    }

    private static uint FindObjectConstructor(MetadataReader metadata)
    {
        foreach (MemberReferenceHandle handle in metadata.MemberReferences)
        {
            MemberReference member = metadata.GetMemberReference(handle);
            if (member.Parent.Kind != HandleKind.TypeReference || !metadata.StringComparer.Equals(member.Name, ".ctor"))
                continue;
            TypeReference type = metadata.GetTypeReference((TypeReferenceHandle)member.Parent);
            if (metadata.StringComparer.Equals(type.Name, "Object") && metadata.StringComparer.Equals(type.Namespace, "System"))
                return (uint)MetadataTokens.GetToken(handle);
        }

        return 0;
    }

    private void Count(string what) => _counts[what] = _counts.GetValueOrDefault(what) + 1;
}

/// <summary>Metadata of a method as System.Reflection.Metadata reads it.</summary>
internal unsafe struct SrmMetadata(MetadataReader metadata, BlobReader signature) : IMethodMetadata
{
    public const uint NewToken = 0x11FF_FFFF;

    public byte[]? Added;

    public readonly ReadOnlySpan<byte> MethodSignature() => new(signature.StartPointer, signature.Length);

    public readonly ReadOnlySpan<byte> LocalsSignature(uint token)
    {
        BlobReader reader = metadata.GetBlobReader(metadata.GetStandaloneSignature((StandaloneSignatureHandle)MetadataTokens.EntityHandle((int)token)).Signature);
        return new(reader.StartPointer, reader.Length);
    }

    public uint LocalsToken(ReadOnlySpan<byte> signature)
    {
        Added = signature.ToArray();
        return NewToken;
    }

    /// <summary>Whether S.R.M reads a return type of the same text as local number <paramref name="index"/> of a signature has.</summary>
    public readonly bool IsOfReturnType(uint localsToken, int index)
    {
        var decoder = new SignatureDecoder<string, object?>(SignatureText.Instance, metadata, null);
        BlobReader method = signature;
        string expected = SignatureText.WithoutLeadingModifiers(decoder.DecodeMethodSignature(ref method).ReturnType);
        ReadOnlySpan<byte> locals = LocalsSignature(localsToken);
        fixed (byte* start = locals)
        {
            var reader = new BlobReader(start, locals.Length);
            return decoder.DecodeLocalSignature(ref reader)[index] == expected;
        }
    }

    /// <summary>Whether S.R.M reads a return type of the same text from the method as a type from <paramref name="local"/>, wholly.</summary>
    public readonly bool ReturnTypeMatches(ReadOnlySpan<byte> local)
    {
        var decoder = new SignatureDecoder<string, object?>(SignatureText.Instance, metadata, null);
        BlobReader method = signature;
        string expected = SignatureText.WithoutLeadingModifiers(decoder.DecodeMethodSignature(ref method).ReturnType);
        fixed (byte* start = local)
        {
            var reader = new BlobReader(start, local.Length);
            return decoder.DecodeType(ref reader) == expected && reader.RemainingBytes == 0;
        }
    }
}
