using VizTrace.ChromeJson.Events;
using VizTrace.ChromeJson.Rows;
using VizTrace.Model.Events;

namespace VizTrace.ChromeJson.Editing;

/// <summary>
/// A reading that writes the file anew. What stays is copied in as long pieces as stand together: <see cref="_copied"/> is how far the file
/// was dealt with, and everything from there to the event at hand stays.
/// </summary>
internal sealed class RewriteScan(Stream stream, ChromeJsonTrace trace, JsonOutput output, IEventJudge judge, Ledger ledger) : TraceScan(stream)
{
    private readonly EventReading _reading = new(trace);
    private readonly EventEdit _edit = new();
    private readonly EventEditor _editor = new(output, trace.StartNs);
    private readonly RowVerdicts _rows = new(trace.Tracks.Count, judge);
    private readonly bool _byTrack = judge.DecidesByTrack;
    private readonly EventParts _parts = judge.Parts | EventParts.Times;
    private bool _needsLedger = LedgerEvent.IsNeeded(ledger);
    private readonly List<int> _moved = [];
    private byte[] _ids = [];
    private int _ledgers;
    private long _copied;
    private long _ordinal;
    private bool _isSamples;
    private bool _isFirst;
    private bool _anyKept;

    private bool WritesLedger => (_needsLedger || _moved.Count > 0) && !_isSamples;

    protected override void OnArrayBegin(bool isSamples)
    {
        _isSamples = isSamples;
        _isFirst = true;
        _anyKept = false;
    }

    protected override void OnEvent(int lead, int start, int end, bool isSample)
    {
        EventReading reading = _reading;
        reading.Locate(Text.Buffer, Fields, isSample);
        bool isFirst = _isFirst;
        _isFirst = false;
        Verdict verdict;
        if (reading.IsMetadata)
        {
            bool keeps = _rows.KeepsRow(reading.Track) || trace.Tracks[reading.Track].Kind == TrackKind.Global;
            if (reading.IsLedger(out int row) && row >= 0 && !_rows.KeepsRow(row))
            {
                // It would bring the row back in Perfetto: it is told again with other ids.
                keeps = false;
                _moved.Add(_ledgers);
            }

            _ledgers += reading.IsLedger(out _) ? 1 : 0;
            verdict = keeps ? Verdict.Keep : Verdict.Drop;
        }
        else
        {
            verdict = _rows.KeepsEvents(reading.Track) ? Verdict.Keep : Verdict.Drop;
            if (!_byTrack)
                reading.Time(trace.StartNs);
            if (verdict == Verdict.Keep && !_byTrack)
            {
                Judged(lead, start, end, isFirst);
                _ordinal++;
                return;
            }

            _ordinal++;
        }

        Settle(verdict, lead, start, end, isFirst);
    }

    /// <summary>Asks the judge. Apart, because an event is large and is cleared wherever it is declared.</summary>
    private void Judged(int lead, int start, int end, bool isFirst)
    {
        TraceEvent e = default;
        e.Ordinal = _ordinal;
        _reading.Fill(ref e, _parts, end - lead);
        _edit.Clear();
        Verdict verdict = judge.Judge(in e, _edit);
        if (verdict == Verdict.Change && DropsFlowEvent(in e))
            verdict = Verdict.Drop;
        // An element that is no event at all stays: nothing in it can be changed.
        if (verdict != Verdict.Change || Text.Buffer[start] != (byte)'{')
        {
            Settle(verdict == Verdict.Change ? Verdict.Keep : verdict, lead, start, end, isFirst);
            return;
        }

        if (_ids.Length == 0)
            TakeIds();
        Leave(_anyKept | isFirst ? start : lead, end);
        _editor.Write(Text.Buffer.AsSpan(start, end - start), in e, _edit);
        _anyKept = true;
    }

    private void Settle(Verdict verdict, int lead, int start, int end, bool isFirst)
    {
        if (verdict != Verdict.Drop && _ids.Length == 0 && !_reading.IsMetadata)
            TakeIds();
        switch (verdict)
        {
            case Verdict.Keep when _anyKept | isFirst:
                _anyKept = true;
                return;
            case Verdict.Keep:
                // What parts it from an event that is gone goes.
                Leave(lead, start);
                _anyKept = true;
                return;
            default:
                Leave(isFirst ? start : lead, end);
                return;
        }
    }

    protected override void OnArrayEnd(int bracket)
    {
        bool writes = WritesLedger;
        ReadOnlySpan<byte> rest = Text.Buffer.AsSpan(Text.At, bracket - Text.At);
        if (writes)
        {
            Leave(Text.At, Text.At);
            WriteLedger();
        }

        if (rest.Contains((byte)',') && (writes || !_anyKept))
        {
            Leave(Text.At, bracket);
            output.Write(rest.TrimStart(" \t\r\n,"u8));
        }
    }

    protected override void OnMember(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
    }

    protected override void OnStackFrame(ReadOnlySpan<byte> id, ReadOnlySpan<byte> frame)
    {
    }

    protected override void OnSlide() => Leave(Text.At, Text.At);

    protected override void OnEnd()
    {
        Leave(Text.At, Text.At);
        if (!IsInRoot || IsInLargeMember)
            return;
        // Cut short or damaged: what was read is closed.
        if (IsInArray)
        {
            if (WritesLedger)
                WriteLedger();
            output.Write("\n]"u8);
        }

        if (IsInFrames)
            output.Write("}"u8);
        output.Write(IsArrayForm ? "\n"u8 : "}\n"u8);
    }

    /// <summary>Everything up to <paramref name="from"/> stays; from there to <paramref name="to"/> goes.</summary>
    private void Leave(int from, int to)
    {
        int copied = (int)(_copied - Text.Base);
        if (from > copied)
            output.Write(Text.Buffer.AsSpan(copied, from - copied));
        _copied = Text.Base + to;
    }

    private void WriteLedger()
    {
        foreach (int moved in _moved)
            WriteLedger(trace.Facts.Ledgers[moved]);
        if (_needsLedger)
            WriteLedger(ledger);
        _moved.Clear();
        _needsLedger = false;
    }

    private void WriteLedger(Ledger told)
    {
        output.Write(_anyKept ? ",\n"u8 : _isFirst ? "\n"u8 : default);
        output.Write(LedgerEvent.Text(told, _ids.Length == 0 ? LedgerEvent.NoIds : _ids).Span);
        _anyKept = true;
    }

    /// <summary>Notes down the ids of an event that stays, as they are written.</summary>
    private void TakeIds()
    {
        if (!Fields.Has(EventKey.Pid) || !Fields.Has(EventKey.Tid))
            return;
        _ids = [.. "\"pid\":"u8, .. Written(EventKey.Pid), .. ",\"tid\":"u8, .. Written(EventKey.Tid)];
    }

    private ReadOnlySpan<byte> Written(EventKey key)
    {
        int quote = Fields.IsText(key) ? 1 : 0;
        Part part = Fields[key];
        return Text.Buffer.AsSpan(part.Start - quote, part.Length + (2 * quote));
    }

    private bool DropsFlowEvent(scoped in TraceEvent e) =>
        e.Kind is EventKind.FlowBegin or EventKind.FlowStep or EventKind.FlowEnd
        && (_edit.DropsFlows || (_edit.DropsFlow is { } drops && drops(e.FlowId)));

    /// <summary>The judge's answers for rows, asked once.</summary>
    private sealed class RowVerdicts
    {
        private readonly IEventJudge _judge;
        private readonly bool[] _keepsEvents;
        private readonly bool[] _keepsRow;

        public RowVerdicts(int count, IEventJudge judge)
        {
            _judge = judge;
            _keepsEvents = new bool[count];
            _keepsRow = new bool[count];
            for (int row = 0; row < count; row++)
            {
                _keepsEvents[row] = judge.KeepsEventsOf(row);
                _keepsRow[row] = judge.KeepsTrack(row);
            }
        }

        public bool KeepsEvents(int row) => (uint)row < (uint)_keepsEvents.Length ? _keepsEvents[row] : _judge.KeepsEventsOf(row);

        public bool KeepsRow(int row) => (uint)row < (uint)_keepsRow.Length ? _keepsRow[row] : _judge.KeepsTrack(row);
    }
}
