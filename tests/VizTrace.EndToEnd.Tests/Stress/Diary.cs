using System.Buffers.Binary;

namespace VizTrace.EndToEnd.Tests;

/// <summary>What the threads of the program KillMarks wrote of themselves into a mapped file; its layout stands there.</summary>
internal sealed class Diary
{
    private const int Threads = 3, MarksPerThread = 1 << 14, HeadBytes = 64;

    private readonly byte[] _bytes;

    private Diary(byte[] bytes) => _bytes = bytes;

    /// <summary>Whether its threads run, or did.</summary>
    public bool HasBegun => U64(0) != 0;

    /// <summary>Whether the program had come to its end.</summary>
    public bool HasEnded => U64(0) == 2;

    /// <summary>Names of the threads, in the order of the file.</summary>
    public static IEnumerable<string> Names => Enumerable.Range(0, Threads).Select(i => $"diary {i}");

    /// <summary>Reads it as it is now.</summary>
    public static Diary Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        byte[] bytes = new byte[HeadBytes + (Threads * MarksPerThread * 16)];
        file.ReadExactly(bytes);
        return new Diary(bytes);
    }

    /// <summary>The marks of a thread: when it looked at the clock, and how many calls of its own had ended by then.</summary>
    public IEnumerable<(long Ns, long Steps)> Marks(string thread)
    {
        int at = HeadBytes + (Names.ToList().IndexOf(thread) * MarksPerThread * 16);
        for (int i = 0; i < MarksPerThread && U64(at) != 0; i++, at += 16)
            yield return ((long)U64(at), (long)U64(at + 8));
    }

    private ulong U64(int at) => BinaryPrimitives.ReadUInt64LittleEndian(_bytes.AsSpan(at));
}
