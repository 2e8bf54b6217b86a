using VizTrace.Model.Events;

namespace VizTrace.Model.Slices;

/// <summary>
/// Takes the events of a trace row by row in order of time, slices as begin and end that nest. Rows may be interleaved or come one after the
/// other; within a row the order is: time, then ends before begins, then outer slices before inner ones, then the order of the file.
/// </summary>
public interface ISliceVisitor
{
    /// <summary>A slice begins. <paramref name="depth"/> is 1 for one that no other encloses.</summary>
    void Begin(scoped in SliceRow slice, int depth);

    /// <summary>
    /// The slice that began last and has not ended yet ends. <paramref name="endOrdinal"/> is the event that says so; -1: its own begin did
    /// (<see cref="EventKind.Complete"/>), or nothing did and the trace is at its end (<paramref name="isOpen"/>).
    /// </summary>
    void End(scoped in SliceRow slice, long endNs, long endOrdinal, bool isOpen);

    /// <summary>Anything but a slice: an instant, a counter's value, a flow, a sample. <paramref name="depth"/> slices are open around it.</summary>
    void Other(scoped in SliceRow row, int depth);
}

/// <summary>An event without what would not fit into a table: what a decision in order of time needs of it.</summary>
/// <param name="Ordinal">Place among the events of the file.</param>
/// <param name="Kind">What it is; a slice's is <see cref="EventKind.Begin"/> or <see cref="EventKind.Complete"/>.</param>
/// <param name="Track">Its row.</param>
/// <param name="TimeNs">Time in ns.</param>
/// <param name="DurationNs">Duration in ns of a <see cref="EventKind.Complete"/>; else -1.</param>
/// <param name="Name">Name (id of a text).</param>
/// <param name="Category">Category (id of a text).</param>
/// <param name="Bytes">Its own bytes in the file.</param>
/// <param name="FlowId">Flow of a flow event, or the only flow that goes through it; 0: none.</param>
/// <param name="Extra">The stack of a <see cref="EventKind.Sample"/>, or what an <see cref="IRowNotes"/> noted down; 0: nothing.</param>
public readonly record struct SliceRow(
    long Ordinal, EventKind Kind, int Track, long TimeNs, long DurationNs, int Name, int Category, int Bytes, ulong FlowId, int Extra);
