using VizTrace.Model.Events;

namespace VizTrace.Model.Slices;

/// <summary>
/// A visitor that looks at whole events too: <see cref="SliceWalk"/> shows it each one in the order of the file, before (perhaps long before)
/// it comes in order of time as a <see cref="SliceRow"/>.
/// </summary>
public interface IRowNotes
{
    /// <summary>
    /// Sees <paramref name="e"/>; may note something down in <paramref name="row"/> (<see cref="SliceRow.FlowId"/>,
    /// <see cref="SliceRow.Extra"/>; row, time and kind stay). False leaves the event out of the walk.
    /// </summary>
    bool Note(scoped in TraceEvent e, ref SliceRow row);
}
