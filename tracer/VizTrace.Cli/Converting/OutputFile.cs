using VizTrace.Model;

namespace VizTrace.Cli.Converting;

/// <summary>
/// A trace while it is written: a temporary sibling that becomes the file when it is complete, so that a half-written trace never bears the
/// name. All failures are <see cref="TraceException"/>. Not thread-safe.
/// </summary>
internal sealed class OutputFile : IDisposable
{
    private const int NoSpaceLeft = 28;
    private const int QuotaExceeded = 122;

    private readonly string _path;
    private readonly string _temporary;
    private bool _kept;

    private OutputFile(string path)
    {
        _path = path;
        _temporary = TemporaryFor(path);
        Stream = new Guarded(Create(path, _temporary), path);
    }

    /// <summary>Where to write; closed by whoever writes, before <see cref="Keep"/>.</summary>
    public Stream Stream { get; }

    /// <summary>Whether <paramref name="path"/> can be written; says why not, before anything is started that would be lost.</summary>
    public static void Check(string path)
    {
        string temporary = TemporaryFor(path);
        Create(path, temporary).Dispose();
        File.Delete(temporary);
    }

    /// <summary>Begins the file at the full path <paramref name="path"/>.</summary>
    public static OutputFile Begin(string path) => new(path);

    /// <summary>The file is complete: returns its size in bytes; it has no name yet.</summary>
    public long Complete()
    {
        Stream.Dispose();
        return new FileInfo(_temporary).Length;
    }

    /// <summary>The file is complete: gives it its name and returns its size in bytes.</summary>
    public long Keep()
    {
        Stream.Dispose();
        try
        {
            File.Move(_temporary, _path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failure(_path, e);
        }

        _kept = true;
        return new FileInfo(_path).Length;
    }

    /// <summary>Removes what was not kept.</summary>
    public void Dispose()
    {
        if (_kept)
            return;
        try
        {
            Stream.Dispose();
        }
        finally
        {
            File.Delete(_temporary);
        }
    }

    private static string TemporaryFor(string path) => $"{path}.part-{Environment.ProcessId}";

    private static FileStream Create(string path, string temporary)
    {
        if (Directory.Exists(path))
            throw new TraceException(ErrorId.BadOutput, $"{path}: is a directory");
        string folder = Path.GetDirectoryName(path) ?? "/";
        if (!Directory.Exists(folder))
            throw new TraceException(ErrorId.BadOutput, $"{path}: there is no folder {folder}");
        try
        {
            return new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failure(path, e);
        }
    }

    private static TraceException Failure(string path, Exception e) => e switch
    {
        UnauthorizedAccessException => new TraceException(ErrorId.NoPermission, $"{path}: no permission to write", e),
        IOException { HResult: NoSpaceLeft or QuotaExceeded } => new TraceException(ErrorId.DiskFull, $"{path}: the disk is full", e),
        _ => new TraceException(ErrorId.BadOutput, $"{path}: cannot be written: {e.Message}", e),
    };

    /// <summary>Tells of a failing disk as our own error; sequential, as all writers write.</summary>
    private sealed class Guarded(FileStream inner, string path) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => inner.Length;

        public override long Position
        {
            get => inner.Position;
            set => throw new NotSupportedException();
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            try
            {
                inner.Write(buffer);
            }
            catch (IOException e)
            {
                throw Failure(path, e);
            }
        }

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
