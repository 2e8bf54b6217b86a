using System.Globalization;
using VizTrace.Model;
using VizTrace.Model.Events;

namespace VizTrace.Perfetto.Events;

// Instants of category viztrace: see FORMAT.md.
internal sealed partial class TraceDecoder
{
    /// <summary>Name of the instant that holds a ledger, and of its arguments.</summary>
    public const string LedgerName = "filtered";

    /// <summary>The text of an id of the trace's texts.</summary>
    public ReadOnlySpan<byte> Utf8(int text) => _texts.Utf8(text);

    /// <summary>The name of an annotation of the last packet.</summary>
    public ReadOnlySpan<byte> ArgumentName(ReadOnlySpan<byte> annotation) => _annotations.NameOf(annotation);

    private EventPlace About(ReadOnlySpan<byte> message, ReadOnlySpan<byte> name, ref TraceEvent e)
    {
        var isThread = name.SequenceEqual("thread"u8);
        var isProcess = name.SequenceEqual("process"u8);
        if (!_first && !isThread && !isProcess) return new EventPlace(PlaceKind.Main, 0);
        var isLedger = name.SequenceEqual("filtered"u8);
        var isMetadata = name.SequenceEqual("metadata"u8);
        if (!isThread && !isProcess && !isLedger && !isMetadata) return new EventPlace(PlaceKind.Main, 0);
        var arguments = new ArgumentTexts();
        _annotations.Read(message, arguments);
        if (isMetadata) Metadata(arguments);
        if (isLedger) _facts.Ledgers.Add(ReadLedger(arguments));
        if (isMetadata || isLedger) return new EventPlace(PlaceKind.Main, 0);
        if (arguments.Number(AboutEvents.Id) is not { } id || id is < 0 or > int.MaxValue) return new EventPlace(PlaceKind.Main, 0);
        var row = Rows.Find(isThread ? TrackIds.Thread((int)id) : TrackIds.Process((int)id));
        if (row < 0) return new EventPlace(PlaceKind.Main, 0);
        e.Track = row;
        if (_first && isThread) Thread(_trace.Tracks[row], arguments);
        else if (_first && _trace.Tracks[row] is var process)
        {
            process.Name = arguments.Get(AboutEvents.Name) ?? process.Name;
            process.CommandLine = arguments.Get(AboutEvents.CommandLine) ?? process.CommandLine;
        }
        return new EventPlace(PlaceKind.About, 0);
    }

    private static void Thread(TrackRow row, ArgumentTexts arguments)
    {
        row.Name = arguments.Get(AboutEvents.Name) ?? row.Name;
        row.ManagedId = (int?)arguments.Number(AboutEvents.ManagedId) ?? row.ManagedId;
        if (Enum.TryParse<ThreadRole>(arguments.Get(AboutEvents.Role), out var role)) row.Role = role;
        if (arguments.Number(AboutEvents.Tid) is { } tid and not 0) row.Tid = tid;
    }

    private void Metadata(ArgumentTexts arguments)
    {
        _facts.Producer = arguments.Get(AboutEvents.Producer) ?? _facts.Producer;
        foreach (var (key, value) in arguments.Values)
        {
            if (key.StartsWith(AboutEvents.Extra + "[", StringComparison.Ordinal))
            {
                if (key.EndsWith("." + AboutEvents.Key, StringComparison.Ordinal))
                    _facts.Metadata.Add(new(value, arguments.Get(key[..^AboutEvents.Key.Length] + AboutEvents.Value) ?? ""));
            }
            else
            {
                _facts.Metadata.Add(new(key, value));
            }
        }
    }

    private static Ledger ReadLedger(ArgumentTexts arguments)
    {
        var entries = new List<LedgerEntry>();
        for (var i = 0; ; i++)
        {
            var at = string.Create(CultureInfo.InvariantCulture, $"entries[{i}].");
            if (arguments.Get(at + "filter") is not { } filter) break;
            entries.Add(new LedgerEntry(filter, arguments.Number(at + "slices") ?? 0, arguments.Number(at + "events") ?? 0, arguments.Number(at + "bytes") ?? 0)
            {
                Changed = arguments.Number(at + "changed") ?? 0,
                Flows = arguments.Number(at + "flows") ?? 0,
            });
        }
        return new Ledger(arguments.Get("command") ?? "", entries)
        {
            StartNs = arguments.Number("start_ns") ?? 0,
            EndNs = arguments.Number("end_ns") ?? 0,
            KeptSlices = arguments.Number("kept_slices") ?? 0,
        };
    }
}
