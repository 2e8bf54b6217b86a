using VizTrace.Filters.Deciding;
using VizTrace.Model.Events;
using VizTrace.Model.Slices;

namespace VizTrace.Filters.Calls;

/// <summary>
/// <c>--time A..B</c>: what lies outside goes; B itself lies outside. Slices that cross a cut are clipped there and get an argument
/// <c>clipped</c>: <c>start</c>, <c>end</c> or <c>both</c>. One without an end stays without an end.
/// </summary>
public sealed class TimeRange : Filter
{
    private readonly TimeBound _from;
    private readonly TimeBound _to;
    private readonly string? _around;
    private readonly long _reachNs;
    private readonly Dictionary<int, bool> _names = [];
    private long _startNs;
    private long _endNs;

    /// <summary>From one time to another.</summary>
    internal TimeRange(TimeBound from, TimeBound to, string text)
        : base("--time", text)
    {
        _from = from;
        _to = to;
    }

    /// <summary>Around the first slice of a name: its begin, and this many ns to each side; nothing stays when there is none.</summary>
    internal TimeRange(string around, long reachNs, string text)
        : base("--time", text)
    {
        _around = around;
        _reachNs = reachNs;
    }

    internal override Decision Decides => Decision.AtEnd;

    internal override bool ChangesArguments => true;

    internal override bool NeedsAnchor => _around is not null || _from.IsRelative || _to.IsRelative;

    internal override void Prepare(ITraceSource input)
    {
        if (_around is not null)
        {
            var first = new FirstOf(_around, input.Texts, _names);
            _names.Clear();
            input.Read(first, EventParts.Times | EventParts.Names);
            (_startNs, _endNs) = first.TimeNs == long.MaxValue ? (0, 0) : (Plus(first.TimeNs, -_reachNs), Plus(first.TimeNs, _reachNs));
            return;
        }

        long start = NeedsAnchor ? Anchor.StartOf(input) : 0;
        _startNs = _from.IsOpen ? long.MinValue : Plus(_from.Ns, _from.IsRelative ? start : 0);
        _endNs = _to.IsOpen ? long.MaxValue : Plus(_to.Ns, _to.IsRelative ? start : 0);
    }

    internal override bool DropsEnded(EndedCall call)
    {
        bool inside = call.BeginNs < _endNs && (call.BeginNs >= _startNs || call.IsOpen || call.EndNs > _startNs);
        if (!inside)
            return true;
        bool start = call.BeginNs < _startNs;
        bool end = !call.IsOpen && call.EndNs > _endNs;
        if (start)
            call.BeginNs = _startNs;
        if (end)
            call.EndNs = _endNs;
        if (start || end)
            call.Add("clipped", start && end ? "both" : start ? "start" : "end");
        return false;
    }

    internal override bool DropsOther(in SliceRow row, OpenCalls on, int place) =>
        row.Kind != EventKind.Other && (row.TimeNs < _startNs || row.TimeNs >= _endNs);

    private static long Plus(long a, long b) => (long)Int128.Clamp((Int128)a + b, long.MinValue, long.MaxValue);

    private sealed class FirstOf(string name, TextTable texts, Dictionary<int, bool> names) : IEventSink
    {
        public long TimeNs { get; private set; } = long.MaxValue;

        public void Event(scoped in TraceEvent e)
        {
            if (e.Kind is not (EventKind.Begin or EventKind.Complete) || e.TimeNs >= TimeNs)
                return;
            if (!names.TryGetValue(e.Name, out bool matches))
                names[e.Name] = matches = Records.NamePattern.Glob(name, texts.Get(e.Name), ignoreCase: false);
            if (matches)
                TimeNs = e.TimeNs;
        }
    }
}

/// <summary>One end of a range of time.</summary>
/// <param name="Ns">ns on the trace's clock, or from its start.</param>
/// <param name="IsRelative">Whether it counts from the start.</param>
/// <param name="IsOpen">Whether there is no end on this side.</param>
internal readonly record struct TimeBound(long Ns, bool IsRelative, bool IsOpen);
