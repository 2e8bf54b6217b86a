using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VizTrace.Recorder.Interop;
using VizTrace.Records;

namespace VizTrace.Recorder.Draining;

/// <summary>
/// The blocks file of one process: blocks are gathered in a buffer and written together. A write that fails leaves no torn block: the file
/// is cut back to the last whole write. Not thread-safe; allocates nothing per block.
/// </summary>
internal sealed class BlockFile : IDisposable
{
    /// <summary>Gathered bytes from which on it is time to <see cref="Flush"/>.</summary>
    public const int FlushBytes = 256 * 1024;

    private static readonly int s_largestBlock = BlockHeader.Bytes + CompactBlock.MaxBytes(PoolLayout.RecordsPerChunk);

    private readonly byte[] _buffer;
    private int _fd;
    private int _used;

    private BlockFile(int fd)
    {
        _fd = fd;
        _buffer = GC.AllocateUninitializedArray<byte>(FlushBytes + s_largestBlock);
    }

    /// <summary>Bytes in the file.</summary>
    public long Length { get; private set; }

    /// <summary>Whether as much is gathered as one write should have.</summary>
    public bool IsDue => _used >= FlushBytes;

    /// <summary>Makes the file; null and the error number when it cannot be made.</summary>
    public static BlockFile? TryCreate(string path, out int error)
    {
        int fd = Libc.Open(path, Libc.ReadWrite | Libc.CreateFlag | Libc.Append | Libc.CloseOnExec, 0x180);
        error = fd < 0 ? Marshal.GetLastPInvokeError() : 0;
        return fd < 0 ? null : new BlockFile(fd);
    }

    /// <summary>Encodes one block into the buffer. <see cref="Flush"/> must have been called since <see cref="IsDue"/>.</summary>
    public void Add(in ChunkHeader chunk, int firstRecord, ReadOnlySpan<ulong> records, ulong firstTicks, ulong lastTicks)
    {
        Span<byte> room = _buffer.AsSpan(_used + BlockHeader.Bytes);
        var encoding = BlockEncoding.Compact;
        int length = CompactBlock.TryEncode(records, room);
        if (length < 0)
        {
            encoding = BlockEncoding.Raw;
            ReadOnlySpan<byte> raw = MemoryMarshal.AsBytes(records);
            raw.CopyTo(room);
            length = raw.Length;
        }

        var header = new BlockHeader
        {
            Magic = BlockHeader.BlockMagic,
            PayloadBytes = (uint)length,
            Encoding = (uint)encoding,
            FirstRecord = (uint)firstRecord,
            RecordCount = (uint)records.Length,
            PayloadChecksum = Checksum.Of(room[..length]),
            FirstTicks = firstTicks,
            LastTicks = lastTicks,
            Chunk = chunk,
        };
        header.HeadChecksum = BlockHeader.ChecksumOf(header);
        Unsafe.WriteUnaligned(ref _buffer[_used], header);
        _used += BlockHeader.Bytes + length;
    }

    /// <summary>Writes what is gathered. 0, or the error number; then nothing of it is in the file.</summary>
    public int Flush()
    {
        int written = 0;
        int error = 0;
        while (written < _used && error == 0)
        {
            nint count = Libc.Write(_fd, ref _buffer[written], (nuint)(_used - written));
            if (count >= 0)
                written += (int)count;
            else if (Marshal.GetLastPInvokeError() is int failure && failure != Libc.ErrorInterrupted)
                error = failure;
        }

        _used = 0;
        if (error == 0)
        {
            Length += written;
            return 0;
        }

        // If even this fails, the reader drops the torn block by its checksum.
        _ = Libc.Truncate(_fd, Length);
        return error;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_fd >= 0)
            Libc.Close(_fd);
        _fd = -1;
    }
}
