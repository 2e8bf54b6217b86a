using VizTrace.Model.Events;
using VizTrace.NetTrace.Translation;
using VizTrace.NetTrace.Wire;

namespace VizTrace.NetTrace;

/// <summary>
/// A .nettrace file (versions 4, 5 and 6: what dotnet-trace and EventPipe write) as a trace: threads with their samples, collections,
/// compilations, exceptions, waits for locks, and events of the program's own as slices where they start and stop. Times are ns since the
/// start of the session. Events come in order of time. Not thread-safe.
/// </summary>
public sealed class NetTraceTrace : ITraceSource
{
    private readonly Func<Stream> _open;
    private readonly string _name;
    private readonly TraceState _state = new();
    private bool _isSurveyed;

    /// <summary>The trace in the file <paramref name="path"/>.</summary>
    public NetTraceTrace(string path)
        : this(() => new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16), Path.GetFileName(path))
    {
    }

    /// <summary>The trace in the stream that <paramref name="open"/> gives, once for every reading; it is closed behind it. <paramref name="name"/> is for messages.</summary>
    public NetTraceTrace(Func<Stream> open, string name) => (_open, _name) = (open, name);

    /// <inheritdoc/>
    public TrackTable Tracks => _state.Tracks;

    /// <inheritdoc/>
    public TextTable Texts => _state.Texts;

    /// <inheritdoc/>
    public StackTable Stacks => _state.Stacks;

    /// <inheritdoc/>
    public TraceFacts Facts => _state.Facts;

    /// <summary>Whether a file that begins with these bytes (8 are enough) is a .nettrace file.</summary>
    public static bool Recognizes(ReadOnlySpan<byte> start) => BlockReader.Recognizes(start);

    /// <inheritdoc/>
    /// <remarks>
    /// The first reading goes through the file twice: names of methods and whether pairs overlap are known at its end. When any do, once more,
    /// so that rows and counts are complete.
    /// </remarks>
    public void Read(IEventSink sink, EventParts parts, Action<double>? progress = null)
    {
        bool isFirst = !_isSurveyed;
        bool hasEvents = parts != EventParts.None;
        if (isFirst)
        {
            Pass(null, EventParts.None, isSurvey: true, Part(progress, 0, 0.5));
            foreach (PairKind pair in _state.Pairs.Values)
                pair.EndSurvey();
            _isSurveyed = true;
        }

        if (hasEvents || (isFirst && _state.Pairs.Values.Any(p => p.IsAsync && !p.IsUnpaired)))
            Pass(hasEvents ? sink : null, parts, isSurvey: false, Part(progress, isFirst ? 0.5 : 0, isFirst ? 0.5 : 1));
    }

    private static Action<double>? Part(Action<double>? progress, double start, double length) =>
        progress is null ? null : part => progress(start + part * length);

    private void Pass(IEventSink? sink, EventParts parts, bool isSurvey, Action<double>? progress)
    {
        foreach (PairKind pair in _state.Pairs.Values)
            pair.Reset();
        var translator = new Translator(_state, sink, parts, isSurvey);
        using Stream stream = _open();
        long length = stream.CanSeek ? Math.Max(1, stream.Length) : 0;
        var pass = new NetTracePass(stream, _name, translator);
        pass.Run(progress is null || length == 0 ? null : offset => progress(Math.Min(1, (double)offset / length)));
        TraceFacts facts = _state.Facts;
        (facts.Events, facts.FirstNs, facts.LastNs) = (translator.Events, translator.FirstNs, translator.LastNs);
        if (!isSurvey)
            return;
        facts.Bytes = pass.Offset;
        facts.IsTruncated = pass.IsTruncated;
        facts.DamageOffset = pass.DamageOffset;
        facts.Remarks.AddRange(pass.Remarks);
        if (pass.Lost > 0)
            facts.Remarks.Add($"{_name}: {pass.Lost} events were lost while it was recorded: the buffer was full");
        if (translator.Unshown > 0)
            facts.Remarks.Add($"{translator.Unshown} events that name methods and modules were read and are not shown");
    }
}
