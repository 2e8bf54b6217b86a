using VizTrace.Model.Events;

namespace VizTrace.Filters;

/// <summary>Where a trace starts.</summary>
internal static class Anchor
{
    /// <summary>Time of the earliest event, ns; 0: there is none. What earlier stages leave may start later than the file, and is read for it.</summary>
    public static long StartOf(ITraceSource input)
    {
        if (input is Applying.FilteredSource { WasRead: false })
            input.Read(Applying.Ignore.Events, EventParts.Times);
        return input.Facts.FirstNs == long.MaxValue ? 0 : input.Facts.FirstNs;
    }
}
