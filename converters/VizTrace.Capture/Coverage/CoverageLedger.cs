using VizTrace.Model;
using VizTrace.Records;

namespace VizTrace.Capture;

/// <summary>
/// What became of every method of the included modules: from the journals what the profiler saw, from the module files all that there are.
/// Memory grows with the methods, not with the calls. Not thread-safe.
/// </summary>
internal sealed class CoverageLedger(CaptureSettings settings, FunctionIds ids)
{
    private readonly AskedFor _askedFor = new(settings);
    private readonly Dictionary<(string Name, Guid Mvid), ModuleTally> _modules = [];
    private readonly List<ModuleTally> _order = [];
    private readonly List<NotRecordedMethod> _notRecorded = [];
    private readonly HashSet<(string Module, string Name)> _named = [];

    /// <summary>Methods that were compiled and could not be recorded, each once, in the order in which they were seen.</summary>
    public IReadOnlyList<NotRecordedMethod> NotRecorded => _notRecorded;

    /// <summary>
    /// Adds a process whose records have been read; <paramref name="traceIds"/>: the trace's function by the process's, -1 or too short where
    /// none was called.
    /// </summary>
    public void Add(Journal journal, ReadOnlySpan<int> traceIds)
    {
        var tallies = new Dictionary<uint, (ModuleTally Tally, uint Made)>();
        foreach ((uint index, ModuleEntry module) in journal.Modules)
        {
            if ((module.Flags & ModuleFlags.Included) == 0)
                continue;
            ModuleTally tally = TallyOf(module);
            tallies.Add(index, (tally, (module.Flags & ModuleFlags.Dynamic) != 0 ? ++tally.Made : 0));
        }

        for (int i = 0; i < journal.NotRecordedCount; i++)
        {
            (FunctionEntry function, NotRecordedReason reason) = journal.NotRecordedAt(i);
            (ModuleTally? tally, uint made) = tallies.GetValueOrDefault(function.Module);
            ulong key = ModuleTally.Key(made, function.Token);
            bool hidden = reason is NotRecordedReason.Hidden or NotRecordedReason.Ignored;
            if (!hidden && tally?.Methods.GetValueOrDefault(key).Rank != SeenRank.Refused)
                _notRecorded.Add(new NotRecordedMethod(journal.Module(function.Module)?.Name ?? "", function.ReadableName, Reasons.Of(reason)));
            tally?.Add(key, new Seen(hidden ? SeenRank.Hidden : SeenRank.Refused, reason, -1, journal, i));
        }

        foreach ((uint id, uint module, uint token) in journal.FunctionTokens())
        {
            int traceId = id < traceIds.Length ? traceIds[(int)id] : -1;
            if (tallies.TryGetValue(module, out (ModuleTally Tally, uint Made) of))
                of.Tally.Add(ModuleTally.Key(of.Made, token), new Seen(traceId >= 0 ? SeenRank.Recorded : SeenRank.Probes, NotRecordedReason.None, traceId, journal, (int)id));
        }
    }

    /// <summary>The ledger of all modules, in the order in which they were loaded. Reads the module files.</summary>
    public IReadOnlyList<ModuleCoverage> Modules() => [.. _order.Select(Coverage)];

    private ModuleTally TallyOf(ModuleEntry module)
    {
        (string, Guid) key = (module.Name, (module.Flags & ModuleFlags.Dynamic) != 0 ? Guid.Empty : module.Mvid);
        if (!_modules.TryGetValue(key, out ModuleTally? tally))
        {
            tally = new ModuleTally(module);
            _modules.Add(key, tally);
            _order.Add(tally);
        }

        return tally;
    }

    private ModuleCoverage Coverage(ModuleTally tally)
    {
        var groups = new MethodGroups();
        int left = tally.Methods.Count;
        string? unlisted = ModuleMethods.Read(tally.Module, method =>
        {
            if (tally.Methods.TryGetValue(method.Token, out Seen seen))
            {
                left--;
                AddSeen(groups, seen, method.Type, method.Name);
            }
            else
            {
                AddUnseen(groups, tally.Module, method);
            }
        });
        if (unlisted is not null || left > 0)
        {
            // Only what the journals say. A method without a row in its own module's table means that the file and its MVID do not agree.
            unlisted ??= "its file does not have the methods that ran";
            groups = new MethodGroups();
            foreach (Seen seen in tally.InOrder)
            {
                if (seen.Rank is SeenRank.Recorded or SeenRank.Refused)
                    continue;
                (string type, string name) = MethodGroups.Split(seen.Name);
                AddSeen(groups, seen, type, name);
            }
        }

        int recorded = AddSharedNames(groups, tally);
        return new ModuleCoverage(tally.Module.Name)
        {
            Unlisted = unlisted,
            Recorded = recorded,
            Refused = tally.Methods.Values.Count(s => s.Rank == SeenRank.Refused),
            Groups = groups.ToGroups(),
        };
    }

    /// <summary>A method that the profiler saw, other than those that the trace names elsewhere.</summary>
    private static void AddSeen(MethodGroups groups, in Seen seen, string type, string name)
    {
        if (seen.Rank == SeenRank.Probes)
            groups.Add(CoverageState.NoCalls, "", type, name);
        else if (seen.Rank == SeenRank.Hidden)
            groups.Add(CoverageState.Hidden, Reasons.Of(seen.Reason), type, name);
    }

    /// <summary>A method that was never compiled, or of which the profiler left no word because it was not asked for.</summary>
    private void AddUnseen(MethodGroups groups, ModuleEntry module, in ListedMethod method)
    {
        if (!_askedFor.IsAll && _askedFor.Refusal(module, $"{method.Type}.{method.Name}") is { } refusal)
            groups.Add(refusal.State, refusal.Reason, method.Type, method.Name);
        else if (method.NoBody is { } reason)
            groups.Add(CoverageState.NotRecordable, reason, method.Type, method.Name);
        else
            groups.Add(CoverageState.NeverCalled, "", method.Type, method.Name);
    }

    /// <summary>Lists the recorded methods whose names the trace's functions have once but for another method; returns how many are recorded.</summary>
    private int AddSharedNames(MethodGroups groups, ModuleTally tally)
    {
        int recorded = 0;
        foreach (Seen seen in tally.InOrder)
        {
            if (seen.Rank != SeenRank.Recorded)
                continue;
            recorded++;
            string name = ids.NameOf(seen.TraceFunction);
            if (!_named.Add((tally.Module.Name, name)))
                groups.Add(CoverageState.Recorded, "", name);
        }

        return recorded;
    }
}
