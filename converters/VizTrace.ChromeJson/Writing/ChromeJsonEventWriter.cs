using System.IO.Compression;
using VizTrace.ChromeJson.Editing;
using VizTrace.ChromeJson.Rows;
using VizTrace.ChromeJson.Writing;
using VizTrace.Model.Events;

namespace VizTrace.ChromeJson;

/// <summary>
/// Writes the events of any source as Chrome trace-event JSON, in the order in which they come: see FORMAT.md for what becomes of what.
/// In memory are rows, the escaped texts, and the ids of flows that have begun and not ended. Not thread-safe. Errors of the stream come
/// through as they are.
/// </summary>
public sealed partial class ChromeJsonEventWriter : IEventWriter
{
    /// <summary>From here on times are written relative to the first: viewers read microseconds as a double.</summary>
    private const long LargeNs = 1_000_000_000_000;

    private readonly Stream _stream;
    private readonly bool _ownsStream;
    private readonly JsonOutput _output;
    private readonly JsonArgumentWriter _arguments;
    private readonly HashSet<ulong> _begunFlows = [];
    private readonly SortedDictionary<string, long> _leftOut = new(StringComparer.Ordinal);
    private readonly HashSet<int> _stacks = [];
    private byte[]?[] _texts = new byte[]?[1024];
    private Named[] _names = new Named[1024];
    private ITraceSource? _source;
    private RowIds? _rows;
    private WrittenRow? _ledgerRow;
    private long _startNs;
    private bool _anyEvent;

    /// <summary>Creates a writer to <paramref name="output"/>, which it owns unless <paramref name="options"/> say otherwise.</summary>
    public ChromeJsonEventWriter(Stream output, ChromeJsonWriterOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(output);
        options ??= new ChromeJsonWriterOptions();
        _ownsStream = options.Compress || !options.LeaveOpen;
        _stream = options.Compress ? new GZipStream(output, CompressionLevel.Fastest, options.LeaveOpen) : output;
        _output = new JsonOutput(_stream);
        _arguments = new JsonArgumentWriter(_output);
    }

    /// <inheritdoc />
    public IReadOnlyList<string> LeftOut => [.. _leftOut.Select(l => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{l.Value} {l.Key}"))];

    /// <inheritdoc />
    public void Begin(ITraceSource source, Func<int, bool>? keepsTrack)
    {
        ArgumentNullException.ThrowIfNull(source);
        _source = source;
        _rows = new RowIds(source.Tracks);
        _startNs = source.Facts.FirstNs is >= LargeNs and < long.MaxValue ? source.Facts.FirstNs : 0;
        _output.Write("{\"displayTimeUnit\":\"ns\","u8);
        if (_startNs > 0)
        {
            _output.Write("\"viztrace_start_ns\":"u8);
            _output.Write(_startNs);
            _output.Write(","u8);
        }

        _output.Write("\"traceEvents\":["u8);
        WriteRows(keepsTrack);
    }

    /// <inheritdoc />
    public void Event(scoped in TraceEvent e)
    {
        WrittenRow row = _rows!.Of(e.Track);
        _ledgerRow ??= row.Row.Kind == TrackKind.Thread ? row : null;
        switch (e.Kind)
        {
            case EventKind.Begin or EventKind.End or EventKind.Complete or EventKind.Instant when row.Row.Kind == TrackKind.Thread:
                ThreadEvent(in e, row);
                break;
            case EventKind.Begin or EventKind.End or EventKind.Complete:
                AsyncEvent(in e, row);
                break;
            case EventKind.Instant:
                Instant(in e, row);
                break;
            case EventKind.Counter:
                Counter(in e, row);
                break;
            case EventKind.FlowBegin:
                Flow("s"u8, e.FlowId, e.TimeNs, row, e.Name, e.Category, bindsEnclosing: false);
                break;
            case EventKind.FlowStep:
                Flow("t"u8, e.FlowId, e.TimeNs, row, e.Name, e.Category, bindsEnclosing: false);
                break;
            case EventKind.FlowEnd:
                Flow("f"u8, e.FlowId, e.TimeNs, row, e.Name, e.Category, e.BindsEnclosing);
                break;
            case EventKind.Sample:
                Head("P"u8, e.TimeNs, row);
                Name(e.Name == 0 ? "sample"u8 : default, e.Name);
                Tail(in e);
                break;
            default:
                LeaveOut(e.Kind == EventKind.Scheduling ? "events of the scheduler" : e.Phase switch
                {
                    (byte)'N' or (byte)'D' => "objects made or deleted",
                    (byte)'O' => "object snapshots",
                    (byte)'c' => "clock synchronisations",
                    _ => "events of other kinds",
                });
                break;
        }
    }

    /// <inheritdoc />
    public void Finish(Ledger ledger)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        if (_source is null)
            throw new InvalidOperationException("the trace was finished before it was begun");
        foreach (Ledger earlier in _source.Facts.Ledgers)
            WriteLedger(earlier);
        if (LedgerEvent.IsNeeded(ledger))
            WriteLedger(ledger);
        _output.Write("\n]"u8);
        WriteStackFrames();
        WriteOtherData();
        _output.Write("}\n"u8);
        _output.Flush();
        _stream.Flush();
    }

    /// <summary>Closes the stream, unless it is to stay open. A file whose <see cref="Finish"/> was not called is incomplete.</summary>
    public void Dispose()
    {
        if (_ownsStream)
            _stream.Dispose();
    }

    private void WriteLedger(Ledger ledger)
    {
        Separate();
        byte[]? ids = _ledgerRow is null ? null : System.Text.Encoding.ASCII.GetBytes(string.Create(
            System.Globalization.CultureInfo.InvariantCulture, $"\"pid\":{_ledgerRow.Pid},\"tid\":{_ledgerRow.Tid}"));
        _output.Write(LedgerEvent.Text(ledger, ids ?? LedgerEvent.NoIds).Span);
    }

    private void LeaveOut(string what) => _leftOut[what] = _leftOut.GetValueOrDefault(what) + 1;

    private void Separate()
    {
        _output.Write(_anyEvent ? ",\n"u8 : "\n"u8);
        _anyEvent = true;
    }
}
