using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Google.Protobuf;
using VizTrace.Perfetto.Proto;

namespace VizTrace.Perfetto.Tests.Events;

/// <summary>Messages by field number, for what the generated classes do not have.</summary>
internal sealed class Wire
{
    private readonly MemoryStream _bytes = new();

    public byte[] Bytes => _bytes.ToArray();

    public static byte[] Trace(params object[] packets)
    {
        var trace = new Wire();
        foreach (var p in packets) trace.Add(1, p is IMessage m ? m.ToByteArray() : p is Wire w ? w.Bytes : (byte[])p);
        return trace.Bytes;
    }

    public static Wire Zlib(params object[] packets)
    {
        var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal, true)) zlib.Write(Trace(packets));
        return new Wire().Add(50, packed.ToArray());
    }

    public static List<TracePacket> Packets(byte[] trace) => [.. Proto.Trace.Parser.ParseFrom(trace).Packet];

    public Wire Add(int field, long value)
    {
        Varint((ulong)(field << 3));
        Varint((ulong)value);
        return this;
    }

    public Wire Add(int field, string text) => Add(field, Encoding.UTF8.GetBytes(text));

    public Wire Add(int field, Wire message) => Add(field, message.Bytes);

    public Wire Add(int field, byte[] bytes)
    {
        Varint((ulong)((field << 3) | 2));
        Varint((ulong)bytes.Length);
        _bytes.Write(bytes);
        return this;
    }

    public Wire Fixed(int field, ulong value)
    {
        Varint((ulong)((field << 3) | 1));
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        _bytes.Write(bytes);
        return this;
    }

    public Wire Packed(int field, params long[] values)
    {
        var inner = new Wire();
        foreach (var v in values) inner.Varint((ulong)v);
        return Add(field, inner.Bytes);
    }

    private void Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7) _bytes.WriteByte((byte)(value | 0x80));
        _bytes.WriteByte((byte)value);
    }
}
