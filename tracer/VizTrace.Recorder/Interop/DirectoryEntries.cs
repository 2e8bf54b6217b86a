using System.Buffers.Binary;
using VizTrace.Model;

namespace VizTrace.Recorder.Interop;

/// <summary>
/// Names in a directory, read again and again through one descriptor without allocating: /proc and the capture directory are looked at up
/// to 200 times a second, and the base library's enumeration costs several times as much. Not thread-safe.
/// </summary>
internal sealed class DirectoryEntries : IDisposable
{
    private readonly byte[] _buffer = new byte[16 * 1024];
    private int _length;
    private int _position;

    private DirectoryEntries(int fd) => Fd = fd;

    /// <summary>Descriptor of the directory, for openat.</summary>
    public int Fd { get; private set; }

    /// <summary>Opens <paramref name="path"/>; null when it is gone or may not be read.</summary>
    public static DirectoryEntries? TryOpen(string path)
    {
        int fd = Libc.Open(path, Libc.ReadOnly | Libc.DirectoryFlag | Libc.CloseOnExec, 0);
        return fd < 0 ? null : new DirectoryEntries(fd);
    }

    /// <summary>Opens <paramref name="path"/>, which must be there.</summary>
    public static DirectoryEntries Open(string path) =>
        TryOpen(path) ?? throw new TraceException(ErrorId.NotFound, $"{path}: cannot be read as a directory");

    /// <summary>Begins again with the first name.</summary>
    public void Restart()
    {
        Libc.Seek(Fd, 0, 0);
        _length = _position = 0;
    }

    /// <summary>Next name, valid until the next call; false at the end, and when the directory is gone.</summary>
    public bool TryNext(out ReadOnlySpan<byte> name)
    {
        // struct linux_dirent64: inode (8), offset (8), record length (2), type (1), name and its NUL.
        name = default;
        if (_position >= _length)
        {
            _position = 0;
            _length = (int)Libc.GetDirectoryEntries(Fd, ref _buffer[0], (nuint)_buffer.Length);
            if (_length <= 0)
                return false;
        }

        ReadOnlySpan<byte> entry = _buffer.AsSpan(_position, BinaryPrimitives.ReadUInt16LittleEndian(_buffer.AsSpan(_position + 16)));
        _position += entry.Length;
        ReadOnlySpan<byte> rest = entry[19..];
        name = rest[..rest.IndexOf((byte)0)];
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Fd >= 0)
            Libc.Close(Fd);
        Fd = -1;
    }
}
