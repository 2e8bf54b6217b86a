using System.Buffers.Binary;
using System.Globalization;
using System.Reflection;
using System.Reflection.Emit;

namespace VizTrace.Profiler.Tests.Rewriting;

/// <summary>One decoded instruction. The operand is its raw value; of a branch, the absolute target.</summary>
internal readonly record struct Il(int Offset, short Opcode, int Length, long Operand, int[]? Targets)
{
    public int End => Offset + Length;
}

/// <summary>
/// A decoder that shares nothing with the rewriter: its table comes from the framework's own <see cref="OpCodes"/>, by reflection.
/// </summary>
internal static class IlDecoder
{
    private static readonly OpCode?[] s_opcodes = ReadTable();
    private static readonly OperandType[] s_operands = [.. s_opcodes.Select(o => o?.OperandType ?? (OperandType)(-1))];
    private static readonly bool[] s_prefixes = [.. s_opcodes.Select(o => o?.OpCodeType == OpCodeType.Prefix)];

    public static OpCode Describe(short opcode) => s_opcodes[Index(opcode)]!.Value;

    public static bool IsBranch(short opcode) => s_operands[Index(opcode)] is OperandType.InlineBrTarget or OperandType.ShortInlineBrTarget;

    public static bool IsPrefix(short opcode) => s_prefixes[Index(opcode)];

    /// <summary>The 32-bit form of a branch opcode; others unchanged.</summary>
    public static short Long(short opcode) => opcode switch
    {
        >= 0x2B and <= 0x37 => (short)(opcode + 0x0D),
        0xDE => 0xDD,
        _ => opcode,
    };

    public static List<Il> Decode(ReadOnlySpan<byte> code)
    {
        var list = new List<Il>();
        Decode(code, list);
        return list;
    }

    public static void Decode(ReadOnlySpan<byte> code, List<Il> list)
    {
        list.Clear();
        for (int at = 0; at < code.Length; at = list[^1].End)
            list.Add(DecodeOne(code, at));
    }

    /// <summary>As ildasm would write it, without offsets: branches name the index of their target, <c>br.s -> 4</c>.</summary>
    public static string[] Listing(ReadOnlySpan<byte> code)
    {
        List<Il> list = Decode(code);
        Dictionary<int, int> index = list.Select((il, i) => (il.Offset, i)).ToDictionary();
        return [.. list.Select(il => Text(il, offset => index.GetValueOrDefault(offset, -1)))];
    }

    private static string Text(Il il, Func<int, int> indexOf)
    {
        OpCode opcode = Describe(il.Opcode);
        if (il.Targets is { } targets)
            return $"switch -> {string.Join(",", targets.Select(indexOf))}";
        if (IsBranch(il.Opcode))
            return $"{opcode.Name} -> {indexOf((int)il.Operand)}";
        return opcode.OperandType switch
        {
            OperandType.InlineNone => opcode.Name!,
            OperandType.InlineI or OperandType.InlineI8 or OperandType.ShortInlineI or OperandType.InlineVar or OperandType.ShortInlineVar =>
                $"{opcode.Name} {il.Operand}",
            _ => string.Create(CultureInfo.InvariantCulture, $"{opcode.Name} {il.Operand:X8}"),
        };
    }

    private static Il DecodeOne(ReadOnlySpan<byte> code, int at)
    {
        int opcodeBytes = code[at] == 0xFE ? 2 : 1;
        short opcode = opcodeBytes == 1 ? code[at] : BinaryPrimitives.ReadInt16BigEndian(code[at..]);
        int operand = at + opcodeBytes;
        ReadOnlySpan<byte> bytes = code[operand..];
        switch (s_operands[Index(opcode)])
        {
            case (OperandType)(-1):
                throw new InvalidDataException($"no opcode {opcode:X4} at {at:X4}");
            case OperandType.InlineNone:
                return new Il(at, opcode, opcodeBytes, 0, null);
            case OperandType.ShortInlineBrTarget:
                return new Il(at, opcode, opcodeBytes + 1, operand + 1 + (sbyte)bytes[0], null);
            case OperandType.InlineBrTarget:
                return new Il(at, opcode, opcodeBytes + 4, operand + 4 + BinaryPrimitives.ReadInt32LittleEndian(bytes), null);
            case OperandType.ShortInlineI or OperandType.ShortInlineVar:
                return new Il(at, opcode, opcodeBytes + 1, opcode == 0x1F ? (sbyte)bytes[0] : bytes[0], null);
            case OperandType.InlineVar:
                return new Il(at, opcode, opcodeBytes + 2, BinaryPrimitives.ReadUInt16LittleEndian(bytes), null);
            case OperandType.InlineI8 or OperandType.InlineR:
                return new Il(at, opcode, opcodeBytes + 8, BinaryPrimitives.ReadInt64LittleEndian(bytes), null);
            case OperandType.InlineSwitch:
                int count = BinaryPrimitives.ReadInt32LittleEndian(bytes);
                int end = operand + 4 + (4 * count);
                var targets = new int[count];
                for (int i = 0; i < count; i++)
                    targets[i] = end + BinaryPrimitives.ReadInt32LittleEndian(bytes[(4 + (4 * i))..]);
                return new Il(at, opcode, end - at, count, targets);
            default:
                return new Il(at, opcode, opcodeBytes + 4, BinaryPrimitives.ReadInt32LittleEndian(bytes), null);
        }
    }

    private static int Index(short opcode) => (opcode & 0xFF00) == 0 ? opcode & 0xFF : 256 + (opcode & 0xFF);

    private static OpCode?[] ReadTable()
    {
        var table = new OpCode?[512];
        foreach (FieldInfo field in typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static))
        {
            if (field.GetValue(null) is OpCode opcode && opcode.OpCodeType != OpCodeType.Nternal)
                table[Index(opcode.Value)] = opcode;
        }

        // "no." (ECMA-335 III.2.2) is missing from the framework's list and from programs.
        return table;
    }
}
