using VizTrace.Records;

namespace VizTrace.Profiler.Probe;

/// <summary>
/// A cursor that is none: while a thread's calls are not wanted, its cursor holds the reasons instead, and where it stood is parked. The
/// lower bits are those of a cursor without room, so that the probe's one test catches it and a wanted call pays nothing. When the last
/// reason goes, only <see cref="Ignored"/> is left, and the parked cursor comes back.
/// </summary>
internal static class CursorMark
{
    /// <summary>It is a mark: no address has this bit.</summary>
    public const ulong Ignored = 1UL << 63;

    /// <summary>
    /// Tracer.Ignore() is the outermost reason. The calls that were open then may be left before it ends, and are recorded; so calls are
    /// counted meanwhile. The probe tests it by doubling the mark: it must be the next bit.
    /// </summary>
    public const ulong Scope = 1UL << 62;

    /// <summary>The whole thread is ignored, for good.</summary>
    public const ulong Thread = 1UL << 61;

    /// <summary>Only what is below [TraceOnly] is wanted, and the thread is not.</summary>
    public const ulong Outside = 1UL << 60;

    /// <summary>One ignored function, or scope, that is open; they are counted from this bit on.</summary>
    public const ulong Level = PoolLayout.ChunkBytes;

    /// <summary>The bits in which they are counted.</summary>
    public const ulong Levels = (Outside - 1) & ~(Level - 1);

    /// <summary>Whether a cursor is a mark.</summary>
    public static unsafe bool Is(ulong* cursor) => (long)cursor < 0;
}
