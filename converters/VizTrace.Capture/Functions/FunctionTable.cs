using System.Globalization;
using VizTrace.Model;
using VizTrace.Records;

namespace VizTrace.Capture;

/// <summary>Gives out the trace's function ids, dense from 0 over all processes, and tells the sink of each. Not thread-safe.</summary>
internal sealed class FunctionIds(ITraceSink sink)
{
    /// <summary>Name of calls that were entered while records were lost and whose names are therefore not known.</summary>
    public const string EnteredWhileLost = "(entered while records were lost)";

    private readonly Dictionary<(string Name, string? Module, string? SourceFile, int SourceLine), int> _known = [];
    private readonly List<string> _names = [];
    private int _enteredWhileLost = -1;

    /// <summary>The id of the one stand-in for calls entered while records were lost; -1 until it is asked for.</summary>
    public int EnteredWhileLostId => _enteredWhileLost;

    /// <summary>
    /// The id of a function: the next one, or that of an equal one (overloads without symbols, the same module in two processes), which no
    /// reader of the trace could tell apart.
    /// </summary>
    public int Add(string name, string? module, string? sourceFile, int sourceLine)
    {
        if (_known.TryAdd((name, module, sourceFile, sourceLine), _known.Count))
        {
            _names.Add(name);
            sink.Function(new FunctionInfo(_known.Count - 1, name) { Module = module, SourceFile = sourceFile, SourceLine = sourceLine });
        }

        return _known[(name, module, sourceFile, sourceLine)];
    }

    /// <summary>The name of a function that was given an id.</summary>
    public string NameOf(int id) => _names[id];

    /// <summary>Gives the stand-in its id when it has none.</summary>
    public int AddEnteredWhileLost()
    {
        if (_enteredWhileLost < 0)
            _enteredWhileLost = Add(EnteredWhileLost, null, null, 0);
        return _enteredWhileLost;
    }
}

/// <summary>Function ids of one process's records to those of the trace; a function is announced when it is first used. Not thread-safe.</summary>
internal sealed class FunctionTable
{
    private readonly Journal _journal;
    private readonly FunctionIds _ids;
    private readonly SourceLines _sources;
    private int[] _map;

    /// <summary>A table for the functions of <paramref name="journal"/>.</summary>
    public FunctionTable(Journal journal, FunctionIds ids, SourceLines sources)
    {
        _journal = journal;
        _ids = ids;
        _sources = sources;
        _map = new int[journal.LastFunction + 1];
        Array.Fill(_map, -1);
    }

    /// <summary>Trace id by the process's id, -1 while a function was not used. Valid until the next <see cref="IdOf"/>.</summary>
    public ReadOnlySpan<int> Map => _map;

    /// <summary>Ids that records use and the journal does not explain.</summary>
    public int Unknown { get; private set; }

    /// <summary>The trace id of a function; tells the sink when it is new.</summary>
    public int IdOf(uint function)
    {
        if (function >= _map.Length)
        {
            int length = _map.Length;
            Array.Resize(ref _map, (int)Math.Min(Record.LastFunctionId + 1, Math.Max(function + 1, (uint)length * 2)));
            Array.Fill(_map, -1, length, _map.Length - length);
        }

        if (_map[function] < 0)
            _map[function] = Announce(function);
        return _map[function];
    }

    private int Announce(uint function)
    {
        if (_journal.Function(function) is not { } entry)
        {
            // The journal is torn before it: the calls are true, only their name is not known.
            Unknown++;
            return _ids.Add(string.Create(CultureInfo.InvariantCulture, $"(function {function})"), null, null, 0);
        }

        ModuleEntry? module = _journal.Module(entry.Module);
        (string? file, int line) = _sources.Of(module, entry.Token);
        return _ids.Add(entry.ReadableName, string.IsNullOrEmpty(module?.Name) ? null : module.Name, file, line);
    }
}
