using VizTrace.Model;
using VizTrace.Perfetto.Deflate;

namespace VizTrace.Perfetto.Writing;

/// <summary>
/// Takes full chunks, compresses and writes them in the order in which they came, on its own threads or (with none) inside
/// <see cref="Submit"/>. A fixed number of chunks goes round, so a slow disk holds up the caller instead of filling memory.
/// </summary>
internal sealed class ChunkPipeline : IDisposable
{
    // Before the zlib stream: tag and length of the packet, tag and length of compressed_packets.
    private const int Reserved = 16;

    // Perfetto's schema of compressed_packets: "each should be less than 512KB". A chunk that does not get there goes out as it is.
    private const int MostCompressed = 512 * 1000;

    private readonly Stream _output;
    private readonly bool _compress;
    private readonly Thread[] _workers;
    private readonly DeflateEncoder? _inline;
    private readonly object _lock = new();
    private readonly Queue<Chunk> _full = new();
    private readonly Stack<Chunk> _empty = new();
    private long _submitted;
    private long _written;
    private bool _closed;
    private Exception? _failure;

    /// <summary>Creates it and starts its threads. The stream is not closed by this class.</summary>
    public ChunkPipeline(Stream output, bool compress, int threads, int rawCapacity, int opCapacity)
    {
        _output = output;
        _compress = compress;
        // One that is filled, one per worker, and one ready so that nobody waits.
        for (var i = 0; i < (threads == 0 ? 1 : threads + 2); i++) _empty.Push(new Chunk(rawCapacity, opCapacity));
        if (threads == 0) _inline = new DeflateEncoder();
        _workers = new Thread[threads];
        for (var i = 0; i < threads; i++)
        {
            _workers[i] = new Thread(Work) { IsBackground = true, Name = "VizTrace writer" };
            _workers[i].Start();
        }
    }

    /// <summary>An empty chunk; waits for one when all are under way.</summary>
    public Chunk Take()
    {
        lock (_lock)
        {
            while (_empty.Count == 0 && _failure == null) Monitor.Wait(_lock);
            ThrowIfFailed();
            return _empty.Pop();
        }
    }

    /// <summary>Hands a chunk over.</summary>
    /// <exception cref="TraceException">This or an earlier chunk could not be written.</exception>
    public void Submit(Chunk chunk)
    {
        chunk.Ticket = _submitted++;
        if (_inline != null)
        {
            Write(Pack(_inline, chunk));
            chunk.Clear();
            _empty.Push(chunk);
            return;
        }
        lock (_lock)
        {
            ThrowIfFailed();
            _full.Enqueue(chunk);
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Waits until all is written, then flushes the stream.</summary>
    /// <exception cref="TraceException">Something could not be written.</exception>
    public void Finish()
    {
        Close();
        ThrowIfFailed();
        try
        {
            _output.Flush();
        }
        catch (IOException e)
        {
            throw Explain(e);
        }
    }

    /// <summary>Stops the threads; what is under way is written, nothing is reported.</summary>
    public void Dispose() => Close();

    private void Close()
    {
        lock (_lock)
        {
            _closed = true;
            Monitor.PulseAll(_lock);
        }
        foreach (var worker in _workers) worker.Join();
    }

    private void Work()
    {
        var encoder = new DeflateEncoder();
        while (true)
        {
            Chunk? chunk;
            lock (_lock)
            {
                while (!_full.TryDequeue(out chunk))
                {
                    if (_closed || _failure != null) return;
                    Monitor.Wait(_lock);
                }
            }
            try
            {
                var packet = Pack(encoder, chunk);
                lock (_lock)
                {
                    while (_written != chunk.Ticket && _failure == null) Monitor.Wait(_lock);
                    if (_failure != null) return;
                }
                // Only the thread whose turn it is gets here.
                Write(packet);
                chunk.Clear();
                lock (_lock)
                {
                    _written++;
                    _empty.Push(chunk);
                    Monitor.PulseAll(_lock);
                }
            }
#pragma warning disable CA1031 // Whatever it is, the caller's thread gets it: see ThrowIfFailed.
            catch (Exception e)
#pragma warning restore CA1031
            {
                lock (_lock)
                {
                    _failure ??= e;
                    Monitor.PulseAll(_lock);
                }
                return;
            }
        }
    }

    private ReadOnlyMemory<byte> Pack(DeflateEncoder encoder, Chunk chunk)
    {
        if (!_compress) return chunk.Raw.AsMemory(0, chunk.RawLength);
        encoder.Begin(Reserved);
        encoder.Block(chunk.Ops.AsSpan(0, chunk.OpCount), chunk.Raw.AsSpan(0, chunk.RawLength), final: true, even: true);
        encoder.End();
        if (encoder.Length - Reserved >= MostCompressed) return chunk.Raw.AsMemory(0, chunk.RawLength);
        return encoder.Framed(Reserved, static (header, length) =>
        {
            // Written from the back, where the stream begins.
            Span<byte> bytes = stackalloc byte[Reserved];
            var inner = WireFormat.PutVarint(bytes, 0, WireFormat.Tag(50, WireFormat.LengthDelimited));
            inner = WireFormat.PutVarint(bytes, inner, (ulong)length);
            Span<byte> outer = stackalloc byte[Reserved];
            outer[0] = (byte)WireFormat.Tag(1, WireFormat.LengthDelimited);
            var outerLength = WireFormat.PutVarint(outer, 1, (ulong)(inner + length));
            bytes[..inner].CopyTo(header[^inner..]);
            outer[..outerLength].CopyTo(header[^(inner + outerLength)..]);
            return inner + outerLength;
        });
    }

    private void Write(ReadOnlyMemory<byte> packet)
    {
        try
        {
            _output.Write(packet.Span);
        }
        catch (IOException e)
        {
            throw Explain(e);
        }
    }

    /// <summary>Why a trace could not be written.</summary>
    internal static TraceException Explain(IOException e)
    {
        // ENOSPC and EDQUOT as .NET hands them over on Linux; 0x70 is Windows' word for a full disk.
        var full = e.HResult is 28 or 122 || (e.HResult & 0xFFFF) == 0x70;
        return full
            ? new TraceException(ErrorId.DiskFull, "the disk is full", e)
            : new TraceException(ErrorId.BadOutput, $"the trace cannot be written: {e.Message}", e);
    }

    private void ThrowIfFailed()
    {
        if (_failure is TraceException known) throw new TraceException(known.Id, known.Message, known);
        if (_failure != null) throw new InvalidOperationException("A writer thread failed", _failure);
    }
}
