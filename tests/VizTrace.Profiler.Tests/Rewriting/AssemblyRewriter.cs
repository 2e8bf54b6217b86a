using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using Mono.Cecil;
using Mono.Cecil.Cil;
using VizTrace.Profiler.Rewriting;
using VizTrace.Records;
using CallSite = Mono.Cecil.CallSite;
using Srm = System.Reflection.Metadata;

namespace VizTrace.Profiler.Tests.Rewriting;

/// <summary>
/// Rewrites a whole assembly on disk: the bytes come from our rewriter, are decoded by <see cref="IlDecoder"/> and written by Mono.Cecil,
/// so that the runtime can execute what a profiler would have given it.
/// </summary>
internal sealed class AssemblyRewriter(nint probe)
{
    private readonly MethodRewriter _rewriter = new();

    /// <summary>Readable names by function id.</summary>
    public List<string> Names { get; } = [""];

    public unsafe void Rewrite(string from, string to)
    {
        using ModuleDefinition module = ModuleDefinition.ReadModule(from);
        using var pe = new PEReader(File.OpenRead(from));
        Srm.MetadataReader metadata = Srm.PEReaderExtensions.GetMetadataReader(pe);
        var probeSite = new CallSite(module.TypeSystem.Void) { Parameters = { new ParameterDefinition(module.TypeSystem.Int32) } };
        uint objectConstructor = (uint)(module.GetMemberReferences()
            .FirstOrDefault(m => m is MethodReference { Name: ".ctor", DeclaringType.FullName: "System.Object" })?.MetadataToken.ToInt32() ?? 0);
        foreach (MethodDefinition method in module.GetTypes().SelectMany(t => t.Methods).Where(m => m.HasBody))
        {
            Srm.MethodDefinition definition = metadata.GetMethodDefinition(MetadataTokens.MethodDefinitionHandle((int)method.MetadataToken.RID));
            PEMemoryBlock section = pe.GetSectionData(definition.RelativeVirtualAddress);
            Srm.MethodBodyBlock block = Srm.MethodBodyBlock.Create(new Srm.BlobReader(section.Pointer, section.Length));
            var reader = new SrmMetadata(metadata, metadata.GetBlobReader(definition.Signature));
            int id = Names.Count;
            Names.Add(ReadableName.Of(
                method.DeclaringType.FullName.Replace('/', '+'), method.Name,
                Parameters(method.DeclaringType), Parameters(method)));
            var request = new RewriteRequest
            {
                EnterWord = Record.EnterWord((uint)id),
                LeaveWord = Record.LeaveWord((uint)id),
                EnterProbe = probe,
                LeaveProbe = probe,
                ProbeSignatureToken = Body.Signature,
                ObjectConstructorToken = objectConstructor,
            };
            RewriteResult result = _rewriter.Rewrite(new ReadOnlySpan<byte>(section.Pointer, block.Size), in request, ref reader);
            if (!result.Rewritten)
                throw new InvalidDataException($"{Names[id]}: {result.Refusal}");
            byte[] body = result.Body.ToArray();
            fixed (byte* start = body)
                Replace(method, Srm.MethodBodyBlock.Create(new Srm.BlobReader(start, body.Length)), reader.Added is not null, probeSite);
        }

        module.Write(to);
    }

    private static string Parameters(IGenericParameterProvider provider) => string.Join(',', provider.GenericParameters.Select(p => p.Name));

    private static void Replace(MethodDefinition method, Srm.MethodBodyBlock rewritten, bool hasNewLocal, CallSite probeSite)
    {
        MethodBody body = method.Body;
        if (hasNewLocal)
            body.Variables.Add(new VariableDefinition(WithoutModifiers(method.ReturnType)));
        var old = new Queue<Instruction>(body.Instructions);
        List<Il> decoded = IlDecoder.Decode(rewritten.GetILBytes());
        Instruction[] made = [.. decoded.Select(il => Make(il, old, body, probeSite))];
        Dictionary<int, Instruction> at = decoded.Select((il, i) => (il.Offset, made[i])).ToDictionary();
        for (int i = 0; i < made.Length; i++)
        {
            if (IlDecoder.IsBranch(decoded[i].Opcode))
                made[i].Operand = at[(int)decoded[i].Operand];
            else if (decoded[i].Targets is { } targets)
                made[i].Operand = targets.Select(t => at[t]).ToArray();
        }

        body.Instructions.Clear();
        foreach (Instruction instruction in made)
            body.Instructions.Add(instruction);
        Instruction? Find(int offset) => at.GetValueOrDefault(offset);
        TypeReference?[] catchTypes = [.. body.ExceptionHandlers.Select(h => h.CatchType)];
        body.ExceptionHandlers.Clear();
        for (int i = 0; i < rewritten.ExceptionRegions.Length; i++)
        {
            Srm.ExceptionRegion r = rewritten.ExceptionRegions[i];
            body.ExceptionHandlers.Add(new ExceptionHandler((ExceptionHandlerType)r.Kind)
            {
                TryStart = Find(r.TryOffset),
                TryEnd = Find(r.TryOffset + r.TryLength),
                HandlerStart = Find(r.HandlerOffset),
                HandlerEnd = Find(r.HandlerOffset + r.HandlerLength),
                FilterStart = r.Kind == Srm.ExceptionRegionKind.Filter ? Find(r.FilterOffset) : null,
                CatchType = i < catchTypes.Length ? catchTypes[i] : null,
            });
        }
    }

    /// <summary>
    /// An instruction that has a token in its operand takes the operand of the next old instruction with that opcode: tokens mean nothing
    /// to Cecil while it writes. The probe's calli is the only such instruction that is not the program's own.
    /// </summary>
    private static Instruction Make(Il il, Queue<Instruction> old, MethodBody body, CallSite probeSite)
    {
        Instruction instruction = Instruction.Create(OpCodes.Nop);
        instruction.OpCode = OpcodeOf(il.Opcode);
        switch (instruction.OpCode.OperandType)
        {
            case OperandType.InlineSig when il.Operand == Body.Signature:
                instruction.Operand = probeSite;
                break;
            case OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType or OperandType.InlineString or OperandType.InlineSig:
                while (old.Peek().OpCode != instruction.OpCode)
                    old.Dequeue();
                instruction.Operand = old.Dequeue().Operand;
                break;
            case OperandType.InlineI:
                instruction.Operand = (int)il.Operand;
                break;
            case OperandType.ShortInlineI:
                instruction.Operand = instruction.OpCode == OpCodes.Ldc_I4_S ? (sbyte)il.Operand : (object)(byte)il.Operand;
                break;
            case OperandType.InlineI8:
                instruction.Operand = il.Operand;
                break;
            case OperandType.ShortInlineR:
                instruction.Operand = BitConverter.Int32BitsToSingle((int)il.Operand);
                break;
            case OperandType.InlineR:
                instruction.Operand = BitConverter.Int64BitsToDouble(il.Operand);
                break;
            case OperandType.InlineVar or OperandType.ShortInlineVar:
                instruction.Operand = body.Variables[(int)il.Operand];
                break;
            case OperandType.InlineArg or OperandType.ShortInlineArg:
                instruction.Operand = Argument(body, (int)il.Operand);
                break;
        }

        return instruction;
    }

    private static ParameterDefinition Argument(MethodBody body, int index) =>
        !body.Method.HasThis ? body.Method.Parameters[index] : index == 0 ? body.ThisParameter : body.Method.Parameters[index - 1];

    private static OpCode OpcodeOf(short value) => s_opcodes[value];

    private static readonly Dictionary<short, OpCode> s_opcodes = typeof(OpCodes).GetFields()
        .Select(f => (OpCode)f.GetValue(null)!)
        .ToDictionary(o => o.Value);

    private static TypeReference WithoutModifiers(TypeReference type)
    {
        while (type is IModifierType modified)
            type = modified.ElementType;
        return type;
    }
}
