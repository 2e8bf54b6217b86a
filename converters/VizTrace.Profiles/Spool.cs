namespace VizTrace.Profiles;

/// <summary>
/// Text of many rows that grows at the same time and is wanted row by row: a small buffer each and one temporary file for all, which goes
/// with its last use. What stays in memory is 8 bytes for each 16 KB. Not thread-safe.
/// </summary>
internal sealed class Spool : IDisposable
{
    private const int BlockBytes = 1 << 14;

    private readonly List<Part> _parts = [];
    private FileStream? _file;

    /// <summary>Begins another text; its number.</summary>
    public int Add()
    {
        _parts.Add(new Part());
        return _parts.Count - 1;
    }

    /// <summary>Whether nothing was written to the text.</summary>
    public bool IsEmpty(int text) => _parts[text].Used == 0 && _parts[text].Blocks.Count == 0;

    /// <summary>Appends to a text.</summary>
    public void Write(int text, ReadOnlySpan<byte> bytes)
    {
        Part part = _parts[text];
        while (!bytes.IsEmpty)
        {
            if (part.Used == part.Buffer.Length)
            {
                if (part.Buffer.Length < BlockBytes)
                    Array.Resize(ref part.Buffer, part.Buffer.Length * 4);
                else
                    Put(part);
            }

            int count = Math.Min(bytes.Length, part.Buffer.Length - part.Used);
            bytes[..count].CopyTo(part.Buffer.AsSpan(part.Used));
            part.Used += count;
            bytes = bytes[count..];
        }
    }

    /// <summary>Copies a whole text to <paramref name="output"/>.</summary>
    public void CopyTo(int text, Stream output)
    {
        Part part = _parts[text];
        if (part.Blocks.Count > 0)
        {
            byte[] block = new byte[BlockBytes];
            foreach (long offset in part.Blocks)
            {
                _file!.Position = offset;
                _file.ReadExactly(block);
                output.Write(block);
            }
        }

        output.Write(part.Buffer, 0, part.Used);
    }

    /// <summary>Removes the file.</summary>
    public void Dispose() => _file?.Dispose();

    private void Put(Part part)
    {
        _file ??= new FileStream(Path.Combine(Path.GetTempPath(), $"viztrace-{Guid.NewGuid():N}.spool"), new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            BufferSize = 0,
            Options = FileOptions.DeleteOnClose,
        });
        _file.Position = _file.Length;
        part.Blocks.Add(_file.Position);
        _file.Write(part.Buffer);
        part.Used = 0;
    }

    private sealed class Part
    {
        public byte[] Buffer = new byte[256];
        public int Used;

        public List<long> Blocks { get; } = [];
    }
}
