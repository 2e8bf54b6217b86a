using System.Runtime.InteropServices;
using VizTrace.Model;

namespace VizTrace.Cli;

/// <summary>
/// Standard output or error, written with write(2) and nothing else: System.Console would set the terminal up for an application of its own
/// (keypad mode, SIGCHLD, SIGCONT), and the terminal is the recorded program's. Not thread-safe.
/// </summary>
internal sealed class DescriptorStream(int descriptor) : Stream
{
    /// <inheritdoc />
    public override bool CanRead => false;

    /// <inheritdoc />
    public override bool CanSeek => false;

    /// <inheritdoc />
    public override bool CanWrite => true;

    /// <inheritdoc />
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc />
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc />
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <summary>
    /// Writes all of it. What standard error does not take (a closed terminal, a full disk, nobody there) is dropped: it must not cost the
    /// trace. What standard output does not take was asked for, and is a <see cref="TraceException"/>, unless the reader has left (EPIPE).
    /// </summary>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            nint written = StandardDescriptors.Write(descriptor, ref MemoryMarshal.GetReference(buffer), (nuint)buffer.Length);
            int error = written < 0 ? Marshal.GetLastPInvokeError() : 0;
            if (written > 0)
            {
                buffer = buffer[(int)written..];
            }
            else if (error == StandardDescriptors.WouldBlock)
            {
                StandardDescriptors.WaitUntilWritable(descriptor);
            }
            else if (error != StandardDescriptors.Interrupted)
            {
                ThrowIfAskedFor(error);
                return;
            }
        }
    }

    /// <inheritdoc />
    public override void Flush()
    {
    }

    /// <inheritdoc />
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc />
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc />
    public override void SetLength(long value) => throw new NotSupportedException();

    private void ThrowIfAskedFor(int error)
    {
        if (descriptor != StandardDescriptors.Output || error is 0 or StandardDescriptors.NoReader)
            return;
        throw new TraceException(
            error == StandardDescriptors.NoSpace ? ErrorId.DiskFull : ErrorId.BadOutput,
            $"standard output: cannot be written: {Marshal.GetPInvokeErrorMessage(error)}");
    }
}
