using VizTrace.Model.Slices;

namespace VizTrace.Filters.Repeats;

/// <summary>A slice while it is open and then while it is not known whether it repeats. Used again.</summary>
internal sealed class Call
{
    public SliceRow Slice { get; set; }

    /// <summary>When it ended.</summary>
    public long EndNs { get; set; }

    /// <summary>The event that ended it, when one did.</summary>
    public SliceRow? EndRow { get; set; }

    /// <summary>Its name and those below it.</summary>
    public ulong Shape { get; set; }

    /// <summary>Whether it may be merged.</summary>
    public bool Merges { get; set; }

    /// <summary>Events below it that would go with it.</summary>
    public List<SliceRow> Below { get; } = [];

    /// <summary>Flows that hang on it by events of their own.</summary>
    public List<ulong> Flows { get; } = [];

    /// <summary>Flows that hang on what is below it.</summary>
    public List<ulong> FlowsBelow { get; } = [];

    /// <summary>Slices directly below it that have ended and are undecided, in order.</summary>
    public List<Call> Undecided { get; } = [];

    /// <summary>The run that goes on among those.</summary>
    public Run? Run { get; set; }

    /// <summary>Whether two slices look the same.</summary>
    public static bool Alike(Call a, Call b) => a.Merges && b.Merges && a.Shape == b.Shape;

    /// <summary>Makes it a slice that begins.</summary>
    public void Begin(in SliceRow slice, bool merges)
    {
        Slice = slice;
        EndRow = null;
        Shape = Mixed(0x9E3779B97F4A7C15, (ulong)(uint)slice.Name);
        Merges = merges;
        Below.Clear();
        Flows.Clear();
        FlowsBelow.Clear();
        Undecided.Clear();
        Run = null;
    }

    /// <summary>The shape of a slice with one more below it.</summary>
    public static ulong Mixed(ulong shape, ulong below)
    {
        ulong mixed = (shape ^ below) * 0xFF51AFD7ED558CCD;
        mixed ^= mixed >> 32;
        return (mixed + below) * 0xC4CEB9FE1A85EC53 ^ mixed >> 29;
    }
}

/// <summary>A run of equal sequences that is becoming one slice.</summary>
internal sealed class Run
{
    /// <summary>Shapes of the sequence.</summary>
    public required ulong[] Shapes { get; init; }

    /// <summary>Name of the merged slice; null: that of the first.</summary>
    public string? Name { get; init; }

    /// <summary>The first slice, which stays.</summary>
    public SliceRow First { get; set; }

    /// <summary>Flows that hang on the first slice.</summary>
    public List<ulong> Flows { get; } = [];

    /// <summary>The event that ends it, so far.</summary>
    public SliceRow? EndRow { get; set; }

    /// <summary>End of the last slice so far.</summary>
    public long EndNs { get; set; }

    /// <summary>Whole sequences.</summary>
    public long Repeats { get; set; }

    /// <summary>Time within the slices.</summary>
    public long TotalNs { get; set; }
}
