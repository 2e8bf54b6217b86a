using VizTrace.Model;
using VizTrace.Perfetto.Proto;

namespace VizTrace.Perfetto.Writing;

// The end of a call whose begin could not name its function.
internal sealed partial class SliceEncoder
{
    /// <summary>Argument with the name of the function.</summary>
    internal const string FunctionArgument = "function";

    private void AppendNamedEnd(Sequence sequence, in SliceEdge edge)
    {
        Append(new TracePacket
        {
            TrustedPacketSequenceId = sequence.Id,
            Timestamp = (ulong)(edge.TimeNs - sequence.LastTimeNs),
            TrackEvent = new TrackEvent
            {
                Type = TrackEvent.Types.Type.SliceEnd,
                DebugAnnotations = { new DebugAnnotation { Name = FunctionArgument, StringValue = _functions.Info(edge.FunctionId).Name } },
            },
        });
        sequence.LastTimeNs = edge.TimeNs;
    }
}
