using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace VizTrace.ChromeJson.Events;

/// <summary>
/// A stream that a second thread reads ahead, four blocks at most: unzipping takes longer than what is done with the text. What went wrong
/// there is thrown where its bytes would be. Reading belongs to one thread.
/// </summary>
internal sealed class ReadAheadStream : Stream
{
    private const int BlockBytes = 256 << 10;
    private const int Blocks = 4;

    private readonly Stream _inner;
    private readonly Action<double>? _progress;
    private readonly Func<double> _whereabouts;
    private readonly BlockingCollection<Block> _free = new(Blocks + 1);
    private readonly BlockingCollection<Block> _full = new(Blocks + 1);
    private readonly Thread _thread;
    private Block? _block;
    private int _at;

    /// <summary>
    /// Begins to read <paramref name="inner"/>, which is closed with this one. <paramref name="whereabouts"/> is asked on the second thread, and
    /// what it says is told to <paramref name="progress"/> on the reader's.
    /// </summary>
    public ReadAheadStream(Stream inner, Action<double>? progress, Func<double> whereabouts)
    {
        (_inner, _progress, _whereabouts) = (inner, progress, whereabouts);
        for (int i = 0; i < Blocks; i++)
            _free.Add(new Block());
        _thread = new Thread(Run) { IsBackground = true, Name = "read ahead" };
        _thread.Start();
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        if (_block is null || _at == _block.Length)
        {
            if (_block is { IsLast: true } last)
            {
                last.Error?.Throw();
                return 0;
            }

            if (_block is not null)
                _free.Add(_block);
            _block = _full.Take();
            _at = 0;
            _progress?.Invoke(_block.Fraction);
            if (_block.Length == 0)
                return Read(buffer);
        }

        int taken = Math.Min(buffer.Length, _block.Length - _at);
        _block.Bytes.AsSpan(_at, taken).CopyTo(buffer);
        _at += taken;
        return taken;
    }

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_free.IsAddingCompleted)
        {
            // The thread ends with the block at hand.
            _free.CompleteAdding();
            while (_free.TryTake(out _))
            {
            }

            _thread.Join();
            _inner.Dispose();
            _free.Dispose();
            _full.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Run()
    {
        foreach (Block block in _free.GetConsumingEnumerable())
        {
            block.Length = 0;
            try
            {
                int read = 1;
                while (block.Length < BlockBytes && read > 0)
                {
                    read = _inner.Read(block.Bytes, block.Length, BlockBytes - block.Length);
                    block.Length += read;
                }

                block.IsLast = read == 0;
            }
#pragma warning disable CA1031 // Whatever it is, it is thrown on the reader's thread.
            catch (Exception e)
#pragma warning restore CA1031
            {
                block.Error = ExceptionDispatchInfo.Capture(e);
                block.IsLast = true;
            }

            block.Fraction = _whereabouts();
            _full.Add(block);
            if (block.IsLast)
                return;
        }
    }

    private sealed class Block
    {
        public byte[] Bytes { get; } = new byte[BlockBytes];

        public int Length { get; set; }

        public bool IsLast { get; set; }

        public double Fraction { get; set; }

        public ExceptionDispatchInfo? Error { get; set; }
    }
}
