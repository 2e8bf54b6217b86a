using System.Globalization;
using VizTrace.Model;
using VizTrace.Model.Events;
using VizTrace.Records;

namespace VizTrace.Filters.Rows;

/// <summary>
/// <c>--drop-thread P</c>: threads that match go with all that hangs on them. <c>--keep-thread P</c>: threads that do not match go; what
/// belongs to no thread stays. P is a glob on the shown name, <c>tid:N</c>, <c>managed:N</c>, <c>role:R</c> or <c>name:G</c>.
/// </summary>
public sealed class DropThread : RowFilter
{
    private readonly ThreadPattern _pattern;
    private readonly bool _keeps;

    /// <summary>Creates one.</summary>
    /// <exception cref="TraceException"><see cref="ErrorId.BadOption"/>: <paramref name="pattern"/> is malformed.</exception>
    public DropThread(string pattern, bool keeps = false)
        : base(keeps ? "--keep-thread" : "--drop-thread", pattern)
    {
        _pattern = ThreadPattern.TryParse(pattern, out string problem)
            ?? throw new TraceException(ErrorId.BadOption, $"{Option} {pattern}: {problem}");
        _keeps = keeps;
    }

    private protected override bool DropsItself(TrackRow row, TrackTable rows) => row.Kind == TrackKind.Thread && Matches(row) != _keeps;

    private bool Matches(TrackRow row) =>
        _pattern.MatchesName(row.ShownName)
        || _pattern.MatchesRole((ThreadRoleName)(int)row.Role)
        || _pattern.MatchesId(row.Tid, row.ManagedId ?? 0)
        || (row.OriginalTid is { } tid && _pattern.MatchesId(tid, 0));
}

/// <summary>
/// <c>--drop-process P</c>: processes that match go with all their rows. <c>--keep-process P</c>: processes that do not match go. P is a
/// glob on the shown name or <c>pid:N</c>.
/// </summary>
public sealed class DropProcess : RowFilter
{
    private readonly NameChoice? _name;
    private readonly long _pid;
    private readonly bool _keeps;

    /// <summary>Creates one.</summary>
    /// <exception cref="TraceException"><see cref="ErrorId.BadOption"/>: <paramref name="pattern"/> is malformed.</exception>
    public DropProcess(string pattern, bool keeps = false)
        : base(keeps ? "--keep-process" : "--drop-process", pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        _keeps = keeps;
        if (pattern.StartsWith("pid:", StringComparison.Ordinal))
        {
            if (!long.TryParse(pattern.AsSpan(4), NumberStyles.None, CultureInfo.InvariantCulture, out _pid) || _pid == 0)
                throw new TraceException(ErrorId.BadOption, $"{Option} {pattern}: no whole number above 0 at column 5");
            return;
        }

        int skip = pattern.StartsWith("name:", StringComparison.Ordinal) ? 5 : 0;
        if (pattern.Length == skip)
            throw new TraceException(ErrorId.BadOption, $"{Option} {pattern}: no name at column {skip + 1}");
        _name = new NameChoice(pattern[skip..]);
    }

    private protected override bool DropsItself(TrackRow row, TrackTable rows) => row.Kind == TrackKind.Process && Matches(row) != _keeps;

    private bool Matches(TrackRow row) => _name is null ? row.Pid == _pid || row.OriginalPid == _pid : _name.MatchesText(row.ShownName);
}

/// <summary><c>--drop-counters G</c>: rows of counters whose name matches the glob go; the name of Chrome's is that of their events, as its reader names the row.</summary>
public sealed class DropCounters : RowFilter
{
    private readonly NameChoice _name;

    /// <summary>Creates one.</summary>
    public DropCounters(string glob)
        : base("--drop-counters", glob) => _name = new NameChoice(glob);

    private protected override bool DropsItself(TrackRow row, TrackTable rows) => row.Kind == TrackKind.Counter && _name.MatchesText(row.Name ?? "");
}
