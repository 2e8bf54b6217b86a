using System.Buffers.Binary;
using System.Text;

namespace VizTrace.Recorder.Tests;

/// <summary>Reads blocks, pool and ledger as FORMAT.md describes them, with none of the product's code.</summary>
internal static class CaptureParser
{
    public sealed record Block(
        uint Slot, uint Sequence, int FirstRecord, ulong FirstTicks, ulong LastTicks, uint Encoding, List<(ulong Ticks, uint Word)> Records);

    public sealed record LedgerEntry(uint Kind, byte[] Payload)
    {
        public uint U32(int at) => BinaryPrimitives.ReadUInt32LittleEndian(Payload.AsSpan(at));

        public ulong U64(int at) => BinaryPrimitives.ReadUInt64LittleEndian(Payload.AsSpan(at));

        public string Text(int at) => Encoding.UTF8.GetString(Payload, at + 4, (int)U32(at));
    }

    /// <summary>Every record of a thread: the blocks first, then what is only in the pool.</summary>
    public static List<(ulong Ticks, uint Word)> ThreadRecords(string directory, uint slot)
    {
        var chunks = new SortedDictionary<uint, List<(ulong Ticks, uint Word)>>();
        foreach (Block block in Blocks(directory).Where(b => b.Slot == slot).OrderBy(b => (b.Sequence, b.FirstRecord)))
        {
            if (!chunks.TryGetValue(block.Sequence, out var records))
                chunks[block.Sequence] = records = [];
            if (block.FirstRecord != records.Count)
                throw new InvalidDataException($"a part of chunk {block.Sequence} begins at {block.FirstRecord}, not {records.Count}");
            records.AddRange(block.Records);
        }

        byte[] pool = File.ReadAllBytes(Path.Combine(directory, "pool"));
        for (int at = 131072; at + 131072 <= pool.Length; at += 131072)
        {
            ReadOnlySpan<byte> chunk = pool.AsSpan(at, 131072);
            if (U32(chunk, 0) != slot)
                continue;
            uint sequence = U32(chunk, 4);
            if (!chunks.TryGetValue(sequence, out var records))
                chunks[sequence] = records = [];
            ulong quiet = (ulong)U32(chunk, 60) << 24;
            ulong notBefore = Math.Max(quiet, records.Count > 0 ? records[^1].Ticks : U64(chunk, 8));
            for (int i = records.Count; i < 16376 && U64(chunk, 64 + (i * 8)) != 0; i++)
            {
                ulong record = U64(chunk, 64 + (i * 8));
                notBefore = Later(notBefore, record >> 24);
                records.Add((notBefore, (uint)record & 0xFFFFFF));
            }
        }

        return [.. chunks.Values.SelectMany(r => r)];
    }

    public static List<Block> Blocks(string directory)
    {
        var blocks = new List<Block>();
        ReadOnlySpan<byte> rest = File.ReadAllBytes(Path.Combine(directory, "blocks"));
        while (rest.Length > 0)
        {
            if (U32(rest, 0) != 0x4B425A56)
                throw new InvalidDataException("no block begins here");
            if (Sum(rest[..104]) != U32(rest, 104))
                throw new InvalidDataException("checksum of a head");
            ReadOnlySpan<byte> payload = rest.Slice(112, (int)U32(rest, 4));
            if (Sum(payload) != U32(rest, 20))
                throw new InvalidDataException("checksum");
            uint encoding = U32(rest, 8);
            int count = (int)U32(rest, 16);
            ulong first = U64(rest, 24);
            var records = encoding == 0 ? Raw(payload, first) : Compact(payload, first);
            if (records.Count != count || (count > 0 && (records[0].Ticks != first || records[^1].Ticks != U64(rest, 32))))
                throw new InvalidDataException("count or ticks of a block");
            blocks.Add(new Block(U32(rest, 40), U32(rest, 44), (int)U32(rest, 12), first, U64(rest, 32), encoding, records));
            rest = rest[(112 + payload.Length)..];
        }

        return blocks;
    }

    public static List<LedgerEntry> Ledger(string directory)
    {
        var entries = new List<LedgerEntry>();
        ReadOnlySpan<byte> rest = File.ReadAllBytes(Path.Combine(directory, "ledger"));
        while (rest.Length > 0)
        {
            ReadOnlySpan<byte> payload = rest.Slice(12, (int)U32(rest, 0));
            if (Sum(payload) != U32(rest, 4))
                throw new InvalidDataException("checksum");
            entries.Add(new LedgerEntry(U32(rest, 8), payload.ToArray()));
            rest = rest[(12 + payload.Length)..];
        }

        return entries;
    }

    private static List<(ulong Ticks, uint Word)> Raw(ReadOnlySpan<byte> payload, ulong first)
    {
        var records = new List<(ulong, uint)>();
        ulong ticks = first;
        for (int at = 0; at < payload.Length; at += 8)
        {
            ulong record = U64(payload, at);
            ticks = Later(ticks, record >> 24);
            records.Add((ticks, (uint)record & 0xFFFFFF));
        }

        return records;
    }

    private static List<(ulong Ticks, uint Word)> Compact(ReadOnlySpan<byte> payload, ulong first)
    {
        int count = (int)U32(payload, 0), groups = (count + 7) / 8;
        int time = 24 + (groups * 2);
        int id = time + (int)U32(payload, 4);
        int wide = id + (int)U32(payload, 8);
        int odd = wide + ((int)U32(payload, 12) * 8);
        int oddEnd = odd + ((int)U32(payload, 16) * 8);
        var stack = new uint[4096];
        int top = 2048;
        ulong ticks = first;
        var records = new List<(ulong, uint)>();
        for (int i = 0; i < count; i++)
        {
            ulong delta = payload[time++];
            if ((payload[24 + groups + (i / 8)] >> (i % 8) & 1) != 0)
                delta |= (ulong)payload[time++] << 8;
            if (delta == 0xFFFF)
            {
                delta = U64(payload, wide);
                wide += 8;
            }

            ticks = Later(ticks, ticks + delta);
            bool leave = (payload[24 + (i / 8)] >> (i % 8) & 1) != 0;
            if (leave)
                top--;
            uint function = leave && top is >= 0 and < 4096 ? stack[top] : 0;
            if (!leave)
            {
                function = BinaryPrimitives.ReadUInt16LittleEndian(payload[id..]);
                id += 2;
            }

            if (odd < oddEnd && U32(payload, odd) == i)
            {
                function = U32(payload, odd + 4) >> 1;
                odd += 8;
            }

            if (!leave)
            {
                if (top is >= 0 and < 4096)
                    stack[top] = function;
                top++;
            }

            records.Add((ticks, (function << 1) | (leave ? 1u : 0u)));
        }

        return records;
    }

    /// <summary>The time with the low 40 bits given that is not before <paramref name="ticks"/>, but for a step back of up to 2^28.</summary>
    private static ulong Later(ulong ticks, ulong low)
    {
        ulong forward = (low - ticks) & ((1UL << 40) - 1);
        return forward >= (1UL << 40) - (1UL << 28) ? ticks + forward - (1UL << 40) : ticks + forward;
    }

    private static uint Sum(ReadOnlySpan<byte> bytes)
    {
        ulong hash = (ulong)bytes.Length * 0x9E3779B97F4A7C15;
        for (int at = 0; at < bytes.Length;)
        {
            bool whole = bytes.Length - at >= 8;
            hash = (hash ^ (whole ? U64(bytes, at) : bytes[at])) * 0x9E3779B97F4A7C15;
            hash ^= hash >> 29;
            at += whole ? 8 : 1;
        }

        return (uint)(hash ^ (hash >> 32));
    }

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static ulong U64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);
}
