namespace VizTrace.Model;

/// <summary>
/// What every reader feeds and every writer is. Calls come from one thread, in this order: <see cref="Start"/> once; then processes,
/// threads and functions, each before its first use (and again, with the same id, when more is known); slices and losses in between;
/// <see cref="Finish"/> once. Edges of different threads may be interleaved in any order of time. Nothing is kept by reference past a call
/// except the info objects, which are immutable.
/// </summary>
public interface ITraceSink
{
    /// <summary>Begins the trace.</summary>
    void Start(TraceMetadata metadata);

    /// <summary>Tells of a process, or tells more of it.</summary>
    void Process(ProcessInfo process);

    /// <summary>Tells of a thread, or tells more of it. Its process was told before.</summary>
    void Thread(ThreadInfo thread);

    /// <summary>Tells what a function id stands for.</summary>
    void Function(FunctionInfo function);

    /// <summary>Appends edges to the thread with <see cref="ThreadInfo.Id"/> <paramref name="threadId"/>; see <see cref="SliceEdge"/> for their order.</summary>
    void Slices(int threadId, ReadOnlySpan<SliceEdge> edges);

    /// <summary>Records of a thread were lost.</summary>
    void Loss(RecordLoss loss);

    /// <summary>Ends the trace. Every slice has been closed.</summary>
    void Finish(TraceSummary summary);
}

/// <summary>A stretch of time in which a thread's records were lost.</summary>
/// <param name="ThreadId">Whose (<see cref="ThreadInfo.Id"/>).</param>
/// <param name="StartNs">CLOCK_MONOTONIC ns of the first lost record, as near as is known.</param>
/// <param name="EndNs">When recording went on; equal to the thread's last time when it never did.</param>
/// <param name="Records">Number of lost records (a call has two).</param>
/// <param name="Reason">For people: <c>no free chunk</c>, <c>disk full</c>, …</param>
public sealed record RecordLoss(int ThreadId, long StartNs, long EndNs, long Records, string Reason);
