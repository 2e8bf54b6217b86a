using System.Text;
using VizTrace.Model;
using VizTrace.Model.Events;

namespace VizTrace.Filters.Merging;

/// <summary>By how much the times of each trace are to be moved to be on the clock of the first, ns.</summary>
internal static class CommonClock
{
    /// <summary>Clocks of one machine and one boot differ in their wall time by no more than what setting the wall clock did meanwhile.</summary>
    private const long SameBootNs = 2_000_000_000;

    /// <summary>
    /// By the clocks' names: the same monotonic clock of the same boot (their wall times agree, or one does not say) is left alone, it is exact.
    /// Else by wall time.
    /// </summary>
    public static long[] Shifts(IReadOnlyList<(string Name, ITraceSource Source)> inputs, List<string> remarks)
    {
        TraceFacts first = inputs[0].Source.Facts;
        var shifts = new long[inputs.Count];
        for (int i = 1; i < inputs.Count; i++)
        {
            TraceFacts facts = inputs[i].Source.Facts;
            bool isSameClock = first.ClockName is not null && first.ClockName == facts.ClockName;
            long? byWall = facts.RealtimeOffsetNs - first.RealtimeOffsetNs;
            if (isSameClock && (byWall is null || Math.Abs(byWall.Value) < SameBootNs))
            {
                if (byWall is null)
                    remarks.Add($"{inputs[i].Name}: taken to be of the same machine and boot as {inputs[0].Name}: both count {facts.ClockName}");
                continue;
            }

            if (byWall is not { } shift)
            {
                throw new TraceException(ErrorId.BadOption,
                    $"{inputs[i].Name}: has no clock in common with {inputs[0].Name}, nor do both tell the wall time: --align NAME puts an event at the same time in all");
            }

            remarks.Add($"{inputs[i].Name}: aligned by wall time");
            shifts[i] = shift;
        }

        return shifts;
    }

    /// <summary>By the earliest event of a name.</summary>
    public static long[] ShiftsBy(string marker, IReadOnlyList<(string Name, ITraceSource Source)> inputs, Action<double>? progress)
    {
        var shifts = new long[inputs.Count];
        for (int i = 0; i < inputs.Count; i++)
        {
            var earliest = new Earliest(inputs[i].Source.Texts, marker);
            double before = i;
            inputs[i].Source.Read(earliest, EventParts.Times | EventParts.Names, progress is null ? null : part => progress((before + part) / inputs.Count));
            if (earliest.TimeNs is not { } time)
                throw new TraceException(ErrorId.BadOption, $"{inputs[i].Name}: has no event named '{marker}' to align by");
            shifts[i] = time;
        }

        long first = shifts[0];
        for (int i = 0; i < shifts.Length; i++)
            shifts[i] = first - shifts[i];
        return shifts;
    }

    private sealed class Earliest(TextTable texts, string marker) : IEventSink
    {
        private readonly byte[] _marker = Encoding.UTF8.GetBytes(marker);
        private int _name;

        public long? TimeNs { get; private set; }

        public void Event(scoped in TraceEvent e)
        {
            if (e.Name == 0 || e.Kind is EventKind.End or EventKind.Other)
                return;
            if (_name == 0 && texts.Utf8(e.Name).SequenceEqual(_marker))
                _name = e.Name;
            if (e.Name == _name && !(TimeNs <= e.TimeNs))
                TimeNs = e.TimeNs;
        }
    }
}
