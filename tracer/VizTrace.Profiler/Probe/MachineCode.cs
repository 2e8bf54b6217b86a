using System.Buffers.Binary;

namespace VizTrace.Profiler.Probe;

/// <summary>Puts x86-64 instructions one behind another.</summary>
internal ref struct MachineCode(Span<byte> room)
{
    private readonly Span<byte> _room = room;

    /// <summary>Bytes so far.</summary>
    public int Length { get; private set; }

    /// <summary>The code.</summary>
    public readonly ReadOnlySpan<byte> Bytes => _room[..Length];

    /// <summary>An instruction as it is.</summary>
    public void Put(scoped ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_room[Length..]);
        Length += bytes.Length;
    }

    /// <summary>An instruction that ends in 32 bits: an immediate, or the offset of a value in the thread block.</summary>
    public void Put(scoped ReadOnlySpan<byte> bytes, int operand)
    {
        Put(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(_room[Length..], operand);
        Length += 4;
    }

    /// <summary>An instruction that ends in 64 bits.</summary>
    public void PutLong(scoped ReadOnlySpan<byte> bytes, ulong operand)
    {
        Put(bytes);
        BinaryPrimitives.WriteUInt64LittleEndian(_room[Length..], operand);
        Length += 8;
    }

    /// <summary>A short jump (its opcode) to a place not known yet; give the result to <see cref="Land"/> there.</summary>
    public int Jump(byte opcode)
    {
        Put([opcode, 0]);
        return Length;
    }

    /// <summary>A jump if zero to a place that may be far; give the result to <see cref="LandFar"/> there.</summary>
    public int JumpFarIfZero()
    {
        Put([0x0F, 0x84], 0);
        return Length;
    }

    /// <summary>The far jump leads to here.</summary>
    public readonly void LandFar(int jump) => BinaryPrimitives.WriteInt32LittleEndian(_room[(jump - 4)..], Length - jump);

    /// <summary>The jump leads to here.</summary>
    public readonly void Land(int jump) => _room[jump - 1] = checked((byte)(sbyte)(Length - jump));

    /// <summary>mov rax, function; jmp rax: the stack is as the caller left it.</summary>
    public unsafe void JumpTo(void* function)
    {
        PutLong([0x48, 0xB8], (ulong)function);
        Put([0xFF, 0xE0]);
    }
}
