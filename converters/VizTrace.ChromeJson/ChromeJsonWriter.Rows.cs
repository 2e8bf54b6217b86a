using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using VizTrace.Model;

namespace VizTrace.ChromeJson;

/// <summary>What the writer keeps of processes, threads and functions.</summary>
public sealed partial class ChromeJsonWriter
{
    /// <summary>Through UTF-8, which replaces half a surrogate pair: Encode throws at one.</summary>
    private static JsonEncodedText Escape(string text) =>
        JsonEncodedText.Encode(Encoding.UTF8.GetBytes(text), JavaScriptEncoder.UnsafeRelaxedJsonEscaping);

    /// <summary>An open call; <see cref="HeldAtBegin"/>: calls held back when it began.</summary>
    private readonly record struct OpenCall(long BeginNs, int FunctionId, int HeldAtBegin, EdgeFlags Flags);

    /// <summary>A call that ended; <see cref="LeftFunctionId"/>: the function that its end names.</summary>
    private readonly record struct DoneCall(long BeginNs, long EndNs, int FunctionId, int LeftFunctionId, EdgeFlags Flags, bool Stretched);

    /// <summary>A process and the number it has in the file.</summary>
    private sealed class ProcessRow(ProcessInfo info, int shownPid)
    {
        public ProcessInfo Info { get; set; } = info;

        public int ShownPid { get; } = shownPid;
    }

    /// <summary>A thread, its number in the file, its open calls.</summary>
    private sealed class ThreadRow(ThreadInfo info, int shownPid, int shownTid)
    {
        private OpenCall[] _open = new OpenCall[32];

        public ThreadInfo Info { get; set; } = info;

        public int ShownPid { get; } = shownPid;

        public int ShownTid { get; } = shownTid;

        /// <summary>All of a call's text that stands before its time.</summary>
        public byte[] Head { get; } =
            Encoding.UTF8.GetBytes(string.Create(s_invariant, $",\n{{\"ph\":\"X\",\"pid\":{shownPid},\"tid\":{shownTid},\"ts\":"));

        /// <summary>Calls that ended at <see cref="HeldNs"/> and may yet turn out to equal their parent; parents before children.</summary>
        public List<DoneCall> Held { get; } = [];

        public long HeldNs { get; set; }

        /// <summary>Time at which calls are drawn one ns longer.</summary>
        public long StretchNs { get; set; } = long.MinValue;

        public int Depth { get; private set; }

        public ref readonly OpenCall Top => ref _open[Depth - 1];

        public void Push(OpenCall call)
        {
            if (Depth == _open.Length)
                Array.Resize(ref _open, Depth * 2);
            _open[Depth++] = call;
        }

        public OpenCall Pop() =>
            Depth > 0 ? _open[--Depth] : throw new InvalidOperationException($"an end without a begin on thread {Info.Id}");
    }

    /// <summary>A function's text behind a call's times, escaped once.</summary>
    private sealed class FunctionText
    {
        private readonly byte[] _name;
        private readonly int _nameEnd;
        private readonly byte[] _source = [];

        public FunctionText(FunctionInfo function)
        {
            var text = new StringBuilder(",\"name\":\"").Append(Escape(function.Name).Value).Append('"');
            _nameEnd = Encoding.UTF8.GetByteCount(text.ToString());
            if (!string.IsNullOrEmpty(function.Module))
                text.Append(",\"cat\":\"").Append(Escape(function.Module).Value).Append('"');
            _name = Encoding.UTF8.GetBytes(text.ToString());
            if (!string.IsNullOrEmpty(function.SourceFile))
            {
                string source = string.Create(s_invariant, $"{Escape(function.SourceFile).Value}:{function.SourceLine}");
                _source = [(byte)'"', .. EdgeArgs.Source, .. "\":\""u8, .. Encoding.UTF8.GetBytes(source), (byte)'"'];
            }

            Plain = [.. _name, .. _source.Length == 0 ? "}"u8 : [.. ",\"args\":{"u8, .. _source, .. "}}"u8]];
        }

        /// <summary>For a call without flags, the closing brace included; never shorter than the name and source together.</summary>
        public byte[] Plain { get; }

        /// <summary>The name as a JSON string.</summary>
        public ReadOnlySpan<byte> Name => _name.AsSpan(",\"name\":".Length.._nameEnd);

        /// <summary>
        /// For a call with flags; <paramref name="named"/> is the <see cref="Name"/> of the function that its end names, else empty.
        /// <paramref name="to"/> has room for <see cref="Plain"/>, that name and all flags.
        /// </summary>
        public int WriteWithFlags(EdgeFlags flags, bool stretched, ReadOnlySpan<byte> named, Span<byte> to)
        {
            int at = 0;
            Put(_name, to, ref at);
            Put(",\"args\":{"u8, to, ref at);
            Put(_source, to, ref at);
            bool comma = _source.Length != 0;
            foreach ((EdgeFlags flag, byte[] name) in EdgeArgs.All)
            {
                if ((flags & flag) == 0)
                    continue;
                Put(comma ? ",\""u8 : "\""u8, to, ref at);
                Put(name, to, ref at);
                Put("\":true"u8, to, ref at);
                comma = true;
            }

            if (named.Length != 0)
            {
                Put(comma ? ",\"function\":"u8 : "\"function\":"u8, to, ref at);
                Put(named, to, ref at);
            }

            if (stretched)
                Put(",\"stretched_ns\":1"u8, to, ref at);
            Put("}}"u8, to, ref at);
            return at;
        }

        private static void Put(ReadOnlySpan<byte> bytes, Span<byte> to, ref int at)
        {
            bytes.CopyTo(to[at..]);
            at += bytes.Length;
        }
    }
}
