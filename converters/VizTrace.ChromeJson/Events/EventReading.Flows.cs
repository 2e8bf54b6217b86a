using VizTrace.ChromeJson.Rows;
using VizTrace.Model.Events;

namespace VizTrace.ChromeJson.Events;

/// <summary>Flows: events of their own (<c>s</c>, <c>t</c>, <c>f</c>), or keys of a slice (<c>bind_id</c>, <c>flow_in</c>, <c>flow_out</c>).</summary>
internal sealed partial class EventReading
{
    /// <summary>Whether the event carries a flow.</summary>
    public bool HasFlow =>
        Kind is EventKind.FlowBegin or EventKind.FlowStep or EventKind.FlowEnd
        || (_fields.Has(EventKey.BindId) && (_fields.Has(EventKey.FlowIn) || _fields.Has(EventKey.FlowOut)));

    private void FillFlows(ref TraceEvent e)
    {
        if (Kind is EventKind.FlowBegin or EventKind.FlowStep or EventKind.FlowEnd)
        {
            // A step binds to the slice around it, as does what starts a flow; an end only when it says so.
            e.BindsEnclosing = Kind != EventKind.FlowEnd || (_fields.Has(EventKey.BindingPoint) && Bytes(EventKey.BindingPoint) is [(byte)'e']);
            // Told apart by name and category too, as Perfetto does.
            ulong range = IdText.Hash(Category() is var category && category != 0 ? _texts.Utf8(category) : default, 2);
            range = IdText.Hash(Name, (long)range);
            e.FlowId = FlowId(EventKey.Id, (long)range);
            return;
        }

        if (!_fields.Has(EventKey.BindId))
            return;
        bool isIn = IsTrue(EventKey.FlowIn);
        bool isOut = IsTrue(EventKey.FlowOut);
        if (!isIn && !isOut)
            return;
        _flow[0] = FlowId(EventKey.BindId, 0);
        if (isOut)
            e.Flows = _flow;
        else
            e.EndingFlows = _flow;
    }

    /// <summary>A number for an id of any form, equal for <c>31</c>, <c>"31"</c> and <c>"0x1f"</c>.</summary>
    private ulong FlowId(EventKey key, long range)
    {
        if (!_fields.Has(key))
            return IdText.Hash(default, range);
        ReadOnlySpan<byte> id = Bytes(key);
        if (!IdText.TryNumber(id, out ulong number))
            return IdText.Hash(id, range ^ 1);
        Span<byte> bytes = stackalloc byte[8];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(bytes, number);
        return IdText.Hash(bytes, range);
    }

    private bool IsTrue(EventKey key) => _fields.Has(key) && !(Bytes(key) is [] or [(byte)'f', ..] or [(byte)'0'] or [(byte)'n', ..]);
}
