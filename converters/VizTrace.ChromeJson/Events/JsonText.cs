namespace VizTrace.ChromeJson.Events;

/// <summary>
/// The part of the file that is in memory: slides along the stream and grows only for a piece (an event, a member) larger than itself, up to
/// <see cref="MaxPiece"/>. Behind its end there are always <see cref="Pad"/> bytes that may be read, zeros at first: vectors are loaded
/// without a look at the end, and a zero ends every loop over blanks and numbers.
/// </summary>
internal sealed class JsonText(Stream stream)
{
    /// <summary>Largest piece that has to be in memory as a whole, bytes.</summary>
    public const int MaxPiece = 32 << 20;

    /// <summary>Bytes behind the end.</summary>
    public const int Pad = 128;

    private const int FirstBytes = 512 << 10;

    private byte[] _buffer = new byte[FirstBytes + Pad];

    /// <summary>The bytes; the file's are from <see cref="At"/> to <see cref="End"/>.</summary>
    public byte[] Buffer => _buffer;

    /// <summary>What was read up to here needs no memory any more.</summary>
    public int At { get; set; }

    /// <summary>End of what is in memory.</summary>
    public int End { get; private set; }

    /// <summary>Byte of the file at <see cref="Buffer"/>'s first.</summary>
    public long Base { get; private set; }

    /// <summary>Whether nothing more comes.</summary>
    public bool IsAtEnd { get; private set; }

    /// <summary>Why the stream ended early; null: it did not.</summary>
    public string? StreamDamage { get; private set; }

    /// <summary>Whether the piece from <see cref="At"/> on fills all the memory that one may have.</summary>
    public bool IsFull => At == 0 && End == _buffer.Length - Pad && End >= MaxPiece;

    /// <summary>
    /// Moves the text from <see cref="At"/> on to the front and reads more behind it; at least as much again when that is large, as a piece is
    /// read from its start each time. False at the end of the file, or when it <see cref="IsFull"/>.
    /// </summary>
    public bool Fill()
    {
        if (IsAtEnd)
            return false;
        if (At > 0)
        {
            _buffer.AsSpan(At, End - At).CopyTo(_buffer);
            Base += At;
            End -= At;
            At = 0;
        }

        int room = _buffer.Length - Pad;
        if (End > room / 2)
        {
            if (room < MaxPiece)
                Array.Resize(ref _buffer, (room * 2) + Pad);
            else if (End == room)
                return false;
            room = _buffer.Length - Pad;
        }

        int before = End;
        try
        {
            int read = 1;
            while (End < room && read > 0)
            {
                read = stream.Read(_buffer, End, room - End);
                End += read;
            }

            IsAtEnd = read == 0;
        }
        catch (InvalidDataException e)
        {
            // What was unzipped before stays.
            StreamDamage = e.Message;
            IsAtEnd = true;
        }

        _buffer.AsSpan(End, Pad).Clear();
        return End > before;
    }
}
