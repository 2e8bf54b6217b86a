using System.Text;

namespace VizTrace.NetTrace.Tests;

/// <summary>Writes small .nettrace files by the format's documents, apart from the reader: version 4 with plain headers, version 6 with compressed ones.</summary>
internal sealed class FileMaker(bool isVersion6)
{
    private readonly MemoryStream _file = new();
    private readonly MemoryStream _events = new();
    private long _lastTicks;
    private uint _lastSequence;

    public byte[] File() => _file.ToArray();

    public FileMaker Start()
    {
        _file.Write("Nettrace"u8);
        if (isVersion6)
            Numbers(_file, 0, 6, 0);
        else
            Text(_file, "!FastSerialization.1");
        var trace = new MemoryStream();
        foreach (short part in new short[] { 2026, 11, 2, 24, 10, 0, 0, 500 })
            trace.Write(BitConverter.GetBytes(part));
        trace.Write(BitConverter.GetBytes(1000L));
        trace.Write(BitConverter.GetBytes(1_000_000L));
        Numbers(trace, 8);
        if (isVersion6)
        {
            Numbers(trace, 1);
            Short(trace, "ProcessId");
            Short(trace, "77");
        }
        else
        {
            Numbers(trace, 77, 2, 0);
        }

        Block("Trace", 1, trace.ToArray(), isTrace: true);
        if (isVersion6)
        {
            var threads = new MemoryStream();
            for (int i = 1; i <= 3; i++)
            {
                byte[] row = [(byte)i, 3, (byte)(100 + i), 1, 4, .. Encoding.UTF8.GetBytes($"Thr{i}")];
                threads.Write(BitConverter.GetBytes((ushort)row.Length));
                threads.Write(row);
            }

            Block("Thread", 6, threads.ToArray());
        }

        return this;
    }

    /// <summary>A kind of event of provider <c>P</c> with one text field <c>what</c> and one number <c>n</c>.</summary>
    public FileMaker Metadata(int id, string name)
    {
        var row = new MemoryStream();
        if (isVersion6)
        {
            row.WriteByte((byte)id);
            Short(row, "P");
            row.WriteByte((byte)id);
            Short(row, name);
            row.Write([2, 0, 6, 0, 4, .. "what"u8, 18, 3, 0, 1, .. "n"u8, 9, 0, 0]);
            byte[] bytes = row.ToArray();
            Block("MetadataBlock", 3, [0, 0, .. BitConverter.GetBytes((ushort)bytes.Length), .. bytes]);
            return this;
        }

        Numbers(row, id);
        Wide(row, "P");
        Numbers(row, id);
        Wide(row, name);
        Numbers(row, 0, 0, 0, 4, 2, 18);
        Wide(row, "what");
        Numbers(row, 9);
        Wide(row, "n");
        Block("MetadataBlock", 3, [.. Head(), .. Plain(0, 0, 0, 0, Guid.Empty, row.ToArray())]);
        return this;
    }

    /// <summary>A kind of event of version 6 whose fields are variable numbers, those whose name ends in <c>Name</c> texts behind 16 bits of length.</summary>
    public FileMaker Universal(int id, string provider, string name, params string[] fields)
    {
        var row = new MemoryStream();
        row.WriteByte((byte)id);
        Short(row, provider);
        row.WriteByte(0);
        Short(row, name);
        row.Write(BitConverter.GetBytes((ushort)fields.Length));
        foreach (string field in fields)
        {
            byte[] type = field.EndsWith("Name", StringComparison.Ordinal) ? [19, 23] : [21];
            row.Write(BitConverter.GetBytes((ushort)(1 + field.Length + type.Length)));
            Short(row, field);
            row.Write(type);
        }

        row.Write([0, 0]);
        byte[] bytes = row.ToArray();
        Block("MetadataBlock", 3, [0, 0, .. BitConverter.GetBytes((ushort)bytes.Length), .. bytes]);
        return this;
    }

    /// <summary>A thread of version 6.</summary>
    public FileMaker Thread(int index, int pid, int tid)
    {
        byte[] row = [(byte)index, 2, (byte)pid, 3, (byte)tid];
        Block("Thread", 6, [.. BitConverter.GetBytes((ushort)row.Length), .. row]);
        return this;
    }

    /// <summary>An event of such a kind.</summary>
    public FileMaker Values(int type, int thread, uint sequence, long ticks, int stack, params object[] values)
    {
        var payload = new MemoryStream();
        foreach (object value in values)
        {
            if (value is string text)
            {
                payload.Write(BitConverter.GetBytes((ushort)text.Length));
                payload.Write(Encoding.UTF8.GetBytes(text));
            }
            else
            {
                Var(payload, (ulong)(int)value);
            }
        }

        _events.WriteByte(1 | 2 | 4 | 8 | 128);
        Var((ulong)type);
        Var(unchecked(sequence - _lastSequence - 1));
        Var((ulong)thread);
        Var(0);
        Var((ulong)thread);
        Var((ulong)stack);
        Var((ulong)(ticks - _lastTicks));
        Var((ulong)payload.Length);
        (_lastSequence, _lastTicks) = (sequence, ticks);
        _events.Write(payload.ToArray());
        return this;
    }

    /// <summary>A kind of event of the runtime, as it tells them: neither name nor fields (version 4).</summary>
    public FileMaker Runtime(int id, int eventId, string provider = "Microsoft-Windows-DotNETRuntime")
    {
        var row = new MemoryStream();
        Numbers(row, id);
        Wide(row, provider);
        Numbers(row, eventId);
        Wide(row, "");
        Numbers(row, 0, 0, 0, 4, 0);
        Block("MetadataBlock", 3, [.. Head(), .. Plain(0, 0, 0, 0, Guid.Empty, row.ToArray())]);
        return this;
    }

    /// <summary>An event with this payload (version 4): numbers as 32 bits, longs as 64, texts as UTF-16.</summary>
    public FileMaker Raw(int type, int thread, uint sequence, long ticks, int stack, params object[] values)
    {
        var payload = new MemoryStream();
        foreach (object value in values)
        {
            if (value is string text)
                Wide(payload, text);
            else
                payload.Write(value is long number ? BitConverter.GetBytes(number) : value is short small ? BitConverter.GetBytes(small) : BitConverter.GetBytes((int)value));
        }

        byte[] plain = Plain(type, 100 + thread, sequence, ticks, Guid.Empty, payload.ToArray());
        // The stack's number stands behind size, type, sequence, two threads and the processor.
        BitConverter.GetBytes(stack).CopyTo(plain, 32);
        _events.Write(plain);
        return this;
    }

    /// <summary>Stacks from number 1, the innermost address first.</summary>
    public FileMaker Stacks(params long[][] stacks)
    {
        var block = new MemoryStream();
        Numbers(block, 1, stacks.Length);
        foreach (long[] stack in stacks)
        {
            Numbers(block, stack.Length * 8);
            foreach (long address in stack)
                block.Write(BitConverter.GetBytes(address));
        }

        Block("StackBlock", 5, block.ToArray());
        return this;
    }

    /// <summary>An event, to be written with the next block.</summary>
    public FileMaker Event(int type, int thread, uint sequence, long ticks, string what, int n, Guid activity = default)
    {
        var payload = new MemoryStream();
        Wide(payload, what);
        Numbers(payload, n);
        if (isVersion6)
        {
            // Everything is told: type, thread and sequence, thread, stack 0, time, no labels, length.
            _events.WriteByte(1 | 2 | 4 | 8 | 128);
            Var((ulong)type);
            Var(unchecked(sequence - _lastSequence - 1));
            Var((ulong)thread);
            Var(0);
            Var((ulong)thread);
            Var(0);
            Var((ulong)(ticks - _lastTicks));
            Var((ulong)payload.Length);
            (_lastSequence, _lastTicks) = (sequence, ticks);
            _events.Write(payload.ToArray());
        }
        else
        {
            _events.Write(Plain(type, 100 + thread, sequence, ticks, activity, payload.ToArray()));
        }

        return this;
    }

    public FileMaker EndBlock()
    {
        Block("EventBlock", 2, [.. Head(), .. _events.ToArray()]);
        _events.SetLength(0);
        (_lastSequence, _lastTicks) = (0, 0);
        return this;
    }

    public FileMaker SequencePoint(long ticks, int thread, uint sequence)
    {
        var block = new MemoryStream();
        block.Write(BitConverter.GetBytes(ticks));
        if (isVersion6)
        {
            Numbers(block, 0, 1);
            block.Write([(byte)thread, (byte)sequence]);
        }
        else
        {
            Numbers(block, 1);
            block.Write(BitConverter.GetBytes((long)(100 + thread)));
            Numbers(block, (int)sequence);
        }

        Block("SPBlock", 4, block.ToArray());
        return this;
    }

    public FileMaker Unknown(string type, byte kind, byte[] payload)
    {
        Block(type, kind, payload);
        return this;
    }

    public FileMaker End()
    {
        _file.Write(isVersion6 ? [0, 0, 0, 0] : [1]);
        return this;
    }

    private byte[] Head() => [20, 0, (byte)(isVersion6 ? 1 : 0), 0, .. new byte[16]];

    private static byte[] Plain(int type, long thread, uint sequence, long ticks, Guid activity, byte[] payload)
    {
        byte[] body =
        [
            .. BitConverter.GetBytes(type), .. BitConverter.GetBytes(sequence), .. BitConverter.GetBytes(thread), .. BitConverter.GetBytes(thread), 0, 0, 0, 0, 0, 0, 0, 0,
            .. BitConverter.GetBytes(ticks), .. activity.ToByteArray(), .. new byte[16], .. BitConverter.GetBytes(payload.Length), .. payload,
        ];
        return [.. BitConverter.GetBytes(body.Length), .. body, .. new byte[-body.Length & 3]];
    }

    private void Block(string type, byte kind, byte[] payload, bool isTrace = false)
    {
        if (isVersion6)
        {
            Numbers(_file, payload.Length | kind << 24);
            _file.Write(payload);
            return;
        }

        _file.Write([5, 5, 1]);
        Numbers(_file, isTrace ? 4 : 2, isTrace ? 4 : 2);
        Text(_file, type);
        _file.WriteByte(6);
        if (!isTrace)
        {
            Numbers(_file, payload.Length);
            _file.Write(new byte[-_file.Length & 3]);
        }

        _file.Write(payload);
        _file.WriteByte(6);
    }

    private void Var(ulong value) => Var(_events, value);

    private static void Var(MemoryStream to, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            to.WriteByte((byte)(value | 0x80));
        to.WriteByte((byte)value);
    }

    private static void Numbers(MemoryStream to, params int[] values)
    {
        foreach (int value in values)
            to.Write(BitConverter.GetBytes(value));
    }

    private static void Text(MemoryStream to, string text)
    {
        Numbers(to, text.Length);
        to.Write(Encoding.UTF8.GetBytes(text));
    }

    private static void Short(MemoryStream to, string text)
    {
        to.WriteByte((byte)text.Length);
        to.Write(Encoding.UTF8.GetBytes(text));
    }

    private static void Wide(MemoryStream to, string text)
    {
        to.Write(Encoding.Unicode.GetBytes(text));
        to.Write([0, 0]);
    }
}
