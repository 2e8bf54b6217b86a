namespace VizTrace.Perfetto;

/// <summary>Numbers of the rows that we write: the kind above, the model's id below.</summary>
internal static class TrackIds
{
    private const int KindShift = 40;

    /// <summary>Row of what the trace says of itself.</summary>
    public const ulong About = 1UL << KindShift;

    /// <summary>A process.</summary>
    public static ulong Process(int id) => (2UL << KindShift) | (uint)id;

    /// <summary>A thread.</summary>
    public static ulong Thread(int id) => (3UL << KindShift) | (uint)id;

    /// <summary>A thread's lost records.</summary>
    public static ulong Lost(int threadId) => (4UL << KindShift) | (uint)threadId;

    /// <summary>The model's id of a row.</summary>
    public static int Id(ulong uuid) => (int)(uint)uuid;

    /// <summary>Whether it is a row of lost records.</summary>
    public static bool IsLost(ulong uuid) => uuid >> KindShift == 4;
}
