using VizTrace.Model.Events;

namespace VizTrace.Filters.Applying;

/// <summary>
/// Hands events on as a judge leaves them: dropped ones not at all, changed ones with their new time, duration, name, flows and arguments.
/// An <see cref="IEventWriter"/> behind it writes the filtered trace in its own format. Not thread-safe.
/// </summary>
/// <param name="inner">Who gets them.</param>
/// <param name="judge">Who decides.</param>
/// <param name="texts">The source's texts: new names are added to them.</param>
public sealed class FilteredSink(IEventSink inner, IEventJudge judge, TextTable texts) : IEventSink
{
    private readonly EventEdit _edit = new();
    private readonly EditedArguments _arguments = new();
    private ulong[] _flows = new ulong[8];

    /// <inheritdoc/>
    public void Event(scoped in TraceEvent e)
    {
        if (judge.DecidesByTrack)
        {
            if (judge.KeepsEventsOf(e.Track))
                inner.Event(e);
            return;
        }

        _edit.Clear();
        switch (judge.KeepsEventsOf(e.Track) ? judge.Judge(e, _edit) : Verdict.Drop)
        {
            case Verdict.Drop:
                break;
            case Verdict.Keep:
                inner.Event(e);
                break;
            default:
                Changed(e);
                break;
        }
    }

    private void Changed(scoped in TraceEvent e)
    {
        TraceEvent changed = e;
        changed.TimeNs = _edit.TimeNs ?? e.TimeNs;
        changed.DurationNs = _edit.DurationNs ?? e.DurationNs;
        if (_edit.Name is not null)
            changed.Name = texts.Add(_edit.Name);
        if (_edit.DropsFlows || _edit.DropsFlow is not null)
        {
            int through = Rest(e.Flows, 0);
            int all = Rest(e.EndingFlows, through);
            changed.Flows = _flows.AsSpan(0, through);
            changed.EndingFlows = _flows.AsSpan(through, all - through);
        }

        if (_edit.DropsArgument is not null || _edit.Added.Count > 0)
        {
            _arguments.Set(e.Arguments, _edit);
            changed.Arguments = _arguments;
        }

        inner.Event(changed);
    }

    private int Rest(scoped ReadOnlySpan<ulong> flows, int count)
    {
        if (_flows.Length < count + flows.Length)
            Array.Resize(ref _flows, count + (flows.Length * 2));
        foreach (ulong flow in flows)
        {
            if (!_edit.DropsFlows && _edit.DropsFlow?.Invoke(flow) != true)
                _flows[count++] = flow;
        }

        return count;
    }
}

/// <summary>Takes events and does nothing with them.</summary>
internal sealed class Ignore : IEventSink
{
    /// <summary>The only one.</summary>
    public static Ignore Events { get; } = new();

    /// <inheritdoc/>
    public void Event(scoped in TraceEvent e)
    {
    }
}
