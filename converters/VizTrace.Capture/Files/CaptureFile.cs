using Microsoft.Win32.SafeHandles;
using VizTrace.Model;

namespace VizTrace.Capture;

/// <summary>
/// One file of a capture, opened for reading beside whoever still writes it. Failures of the system are <see cref="TraceException"/>.
/// Not thread-safe. Dispose closes it.
/// </summary>
internal sealed class CaptureFile : IDisposable
{
    private readonly SafeFileHandle _handle;

    private CaptureFile(string path, SafeFileHandle handle, long length)
    {
        Path = path;
        _handle = handle;
        Length = length;
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Bytes when it was opened, or when last asked by <see cref="Refresh"/>.</summary>
    public long Length { get; private set; }

    /// <summary>Opens <paramref name="path"/>; null when there is no such file.</summary>
    public static CaptureFile? TryOpen(string path)
    {
        try
        {
            SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return new CaptureFile(path, handle, RandomAccess.GetLength(handle));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failure(path, e);
        }
    }

    /// <summary>Looks how long it is by now.</summary>
    public void Refresh() => Length = RandomAccess.GetLength(_handle);

    /// <summary>Reads from <paramref name="offset"/> until <paramref name="buffer"/> is full or the file ends; returns the bytes read.</summary>
    public int ReadAt(long offset, Span<byte> buffer)
    {
        try
        {
            int done = 0;
            while (done < buffer.Length)
            {
                int read = RandomAccess.Read(_handle, buffer[done..], offset + done);
                if (read == 0)
                    break;
                done += read;
            }

            return done;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failure($"{Path} at byte {offset}", e);
        }
    }

    /// <summary>The whole file; empty when there is none.</summary>
    public static byte[] ReadAll(string path)
    {
        using CaptureFile? file = TryOpen(path);
        if (file is null)
            return [];
        if (file.Length > Array.MaxLength)
            throw new TraceException(ErrorId.BadInput, $"{path}: {file.Length} bytes are more than this file can have");
        byte[] bytes = new byte[file.Length];
        int read = file.ReadAt(0, bytes);
        return read == bytes.Length ? bytes : bytes[..read];
    }

    /// <summary>What a failure of the system means to the user.</summary>
    public static TraceException Failure(string where, Exception cause) => cause is UnauthorizedAccessException
        ? new TraceException(ErrorId.NoPermission, $"{where}: no permission to read it", cause)
        : new TraceException(ErrorId.BadInput, $"{where}: {cause.Message}", cause);

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();
}
