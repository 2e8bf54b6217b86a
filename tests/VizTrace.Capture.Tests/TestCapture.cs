using System.Buffers.Binary;
using System.Text;

namespace VizTrace.Capture.Tests;

/// <summary>
/// Writes capture directories by the offsets in the documentation of tracer/Records, with none of the product's writers: what it writes and
/// what the reader reads agree only if both follow the documentation.
/// </summary>
internal sealed class TestCapture : IDisposable
{
    public TestCapture(string? settings = "version=1\ncommand=dotnet\ncommand=App.dll\n")
    {
        Path = Directory.CreateTempSubdirectory("viztrace-capture-").FullName;
        if (settings is not null)
            File.WriteAllText(In("settings"), settings);
    }

    public string Path { get; }

    public string In(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    public TestProcess AddProcess(uint pid = 100, ulong start = 5000, bool monotonic = true) => new(In($"p{pid}-{start}"), pid, monotonic);

    public Trace Read(Action? whenIndexed = null)
    {
        var trace = new Trace { WhenIndexed = whenIndexed };
        trace.Returned = CaptureReader.Read(Path, trace);
        return trace;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

/// <summary>One process of a <see cref="TestCapture"/>. Nothing is on disk before <see cref="Save"/>.</summary>
internal sealed class TestProcess(string directory, uint pid, bool monotonic)
{
    public const int ChunkBytes = 131072;
    public const ulong StartTicks = 1_000;

    private readonly MemoryStream _journal = new();
    private readonly MemoryStream _ledger = new();
    private readonly MemoryStream _blocks = new();
    private readonly SortedDictionary<int, byte[]> _chunks = [];
    private byte[]? _poolHead;

    public string Directory { get; } = directory;

    public uint Clock { get; } = monotonic ? 2u : 1u;

    /// <summary>Journal 1 with the usual values, a module and the functions named, with ids from 1.</summary>
    public TestProcess Usual(params string[] functions)
    {
        Journal(1, pid, StartTicks, StartTicks, Clock, 1u, "10.0.12", "dotnet\0App.dll\0", "/app/App.dll");
        Journal(2, 0u, 1u, "/app/App.dll", "App.dll", 0ul, 0ul);
        for (uint i = 0; i < functions.Length; i++)
            Function(i + 1, functions[i]);
        return this;
    }

    /// <summary>A function of module 0 by its full name.</summary>
    public TestProcess Function(uint id, string name)
    {
        int dot = name.LastIndexOf('.');
        return Journal(3, id, 0u, 0x06000000u + id, 0u, dot < 0 ? "T" : name[..dot], name[(dot + 1)..], "", "");
    }

    /// <summary>A journal entry; fields as uint, ulong or string.</summary>
    public TestProcess Journal(uint kind, params object[] fields)
    {
        _journal.Write(Entry(kind, fields));
        return this;
    }

    public TestProcess Ledger(uint kind, params object[] fields)
    {
        _ledger.Write(Entry(kind, fields));
        return this;
    }

    /// <summary>The pool's head; chunks may be added only to a pool with one.</summary>
    public TestProcess Pool(ulong magic = 0x31304C4F4F505A56, uint version = 1, uint stop = 0, ulong stopTicks = 0, ulong lost = 0, uint journalFailures = 0)
    {
        byte[] head = new byte[ChunkBytes];
        Put(head, 0, magic);
        Put(head, 8, version);
        Put(head, 12, pid);
        Put(head, 16, 64u);
        Put(head, 20, 8u);
        Put(head, 24, Clock);
        Put(head, 28, 1u);
        Put(head, 32, StartTicks);
        Put(head, 40, StartTicks);
        Put(head, 48, stop);
        Put(head, 56, stopTicks);
        Put(head, 64, lost);
        Put(head, 76, journalFailures);
        _poolHead = head;
        return this;
    }

    public TestProcess Chunk(int index, TestChunk chunk, params ulong[] records)
    {
        byte[] bytes = new byte[ChunkBytes];
        chunk.Bytes().CopyTo(bytes, 0);
        for (int i = 0; i < records.Length; i++)
            Put(bytes, 64 + (8 * i), records[i]);
        _chunks[index] = bytes;
        return this;
    }

    /// <summary>As the recorder leaves the pool of a process that ended before the command.</summary>
    public TestProcess WithoutChunks()
    {
        _chunks.Clear();
        return this;
    }

    /// <summary>A raw block of records whose 64-bit times are in <paramref name="records"/>'s own upper part unless given.</summary>
    public TestProcess Block(
        TestChunk chunk, ulong[] records, uint first = 0, ulong? firstTicks = null, bool goodChecksum = true, uint encoding = 0, byte[]? payload = null)
    {
        if (payload is null)
        {
            payload = new byte[records.Length * 8];
            for (int i = 0; i < records.Length; i++)
                Put(payload, 8 * i, records[i]);
        }

        byte[] head = new byte[112];
        Put(head, 0, 0x4B425A56u);
        Put(head, 4, (uint)payload.Length);
        Put(head, 8, encoding);
        Put(head, 12, first);
        Put(head, 16, (uint)records.Length);
        Put(head, 20, Sum(payload) + (goodChecksum ? 0u : 1u));
        Put(head, 24, firstTicks ?? (records.Length == 0 ? 0 : records[0] >> 24));
        Put(head, 32, records.Length == 0 ? 0 : records[^1] >> 24);
        chunk.Bytes().CopyTo(head, 40);
        Put(head, 104, Sum(head[..104]));
        _blocks.Write(head);
        _blocks.Write(payload);
        return this;
    }

    /// <summary>Writes the files; a process without a certain kind of content does not get that file.</summary>
    public void Save()
    {
        System.IO.Directory.CreateDirectory(Directory);
        Write("journal", _journal.ToArray());
        Write("ledger", _ledger.ToArray());
        Write("blocks", _blocks.ToArray());
        if (_poolHead is null)
            return;
        int last = _chunks.Count == 0 ? 0 : _chunks.Keys.Max();
        byte[] pool = new byte[(last + 1) * ChunkBytes];
        _poolHead.CopyTo(pool, 0);
        foreach ((int index, byte[] chunk) in _chunks)
            chunk.CopyTo(pool, index * ChunkBytes);
        Write("pool", pool);
    }

    private void Write(string name, byte[] bytes)
    {
        if (bytes.Length > 0)
            File.WriteAllBytes(System.IO.Path.Combine(Directory, name), bytes);
    }

    /// <summary>Payload length, checksum, kind, payload.</summary>
    public static byte[] Entry(uint kind, params object[] fields)
    {
        var payload = new MemoryStream();
        foreach (object field in fields)
        {
            switch (field)
            {
                case uint number: payload.Write(BitConverter.GetBytes(number)); break;
                case ulong number: payload.Write(BitConverter.GetBytes(number)); break;
                case string text:
                    byte[] utf8 = Encoding.UTF8.GetBytes(text);
                    payload.Write(BitConverter.GetBytes((uint)utf8.Length));
                    payload.Write(utf8);
                    break;
                default: throw new ArgumentException($"{field.GetType()} is no field");
            }
        }

        byte[] bytes = payload.ToArray();
        return [.. BitConverter.GetBytes((uint)bytes.Length), .. BitConverter.GetBytes(Sum(bytes)), .. BitConverter.GetBytes(kind), .. bytes];
    }

    /// <summary>The checksum as described: length times a prime, then eight bytes (the rest one by one) xored in, multiplied, folded by 29.</summary>
    public static uint Sum(byte[] bytes)
    {
        const ulong prime = 11400714819323198485;
        ulong hash = unchecked((ulong)bytes.Length * prime);
        int whole = bytes.Length / 8 * 8;
        for (int i = 0; i < bytes.Length; i += i < whole ? 8 : 1)
        {
            ulong next = i < whole ? BitConverter.ToUInt64(bytes, i) : bytes[i];
            hash = unchecked((hash ^ next) * prime);
            hash ^= hash >> 29;
        }

        return unchecked((uint)(hash ^ (hash >> 32)));
    }

    public static void Put(byte[] bytes, int offset, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(offset), value);

    public static void Put(byte[] bytes, int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(offset), value);
}

/// <summary>The 64 bytes at a chunk's head. State 1: owned, 2: full, 3: its thread ended.</summary>
internal sealed record TestChunk(uint Slot, uint Sequence = 0)
{
    public ulong StartTicks { get; init; } = 2_000;

    public ulong StartNs { get; init; } = 2_000;

    public uint Uncertainty { get; init; } = 10;

    public uint State { get; init; } = 1;

    public ulong Lost { get; init; }

    public uint GapClosed { get; init; }

    public uint GapOpened { get; init; }

    public ulong GapStartTicks { get; init; }

    public uint Drained { get; init; }

    public uint QuietUntil { get; init; }

    public byte[] Bytes()
    {
        byte[] bytes = new byte[64];
        TestProcess.Put(bytes, 0, Slot);
        TestProcess.Put(bytes, 4, Sequence);
        TestProcess.Put(bytes, 8, StartTicks);
        TestProcess.Put(bytes, 16, StartNs);
        TestProcess.Put(bytes, 24, Uncertainty);
        TestProcess.Put(bytes, 28, State);
        TestProcess.Put(bytes, 32, Lost);
        TestProcess.Put(bytes, 40, GapClosed);
        TestProcess.Put(bytes, 44, GapOpened);
        TestProcess.Put(bytes, 48, GapStartTicks);
        TestProcess.Put(bytes, 56, Drained);
        TestProcess.Put(bytes, 60, QuietUntil);
        return bytes;
    }
}

/// <summary>Records, short: <c>In(5000, 1)</c> enters function 1 at 5000.</summary>
internal static class Call
{
    public static ulong In(ulong ticks, uint function) => (ticks << 24) | (function << 1);

    public static ulong Out(ulong ticks, uint function) => (ticks << 24) | (function << 1) | 1;
}
