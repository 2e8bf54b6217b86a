using System.Globalization;
using VizTrace.Model.Events;

namespace VizTrace.NetTrace.Translation;

/// <summary>
/// Which method lies at which address: what the runtime told when it compiled or loaded a method, and once more at the end of the session.
/// Filled in while the file is read for the first time, then asked.
/// </summary>
internal sealed class MethodTable(TextTable texts)
{
    private readonly List<Entry> _entries = [];
    private readonly Dictionary<ulong, int> _modules = [];
    private readonly List<Range> _files = [];
    private ulong[] _starts = [];
    private bool _isSorted;

    /// <summary>A module's file; paths of both systems.</summary>
    public void AddModule(ulong id, string path)
    {
        string name = path[(path.LastIndexOfAny(['/', '\\']) + 1)..];
        if (name.Length > 0)
            _modules[id] = texts.Add(name);
    }

    /// <summary>A file that is mapped at these addresses.</summary>
    public void AddMapping(ulong id, ulong start, ulong end, string path)
    {
        AddModule(id, path);
        _files.Add(new Range(start, end, _modules.GetValueOrDefault(id)));
    }

    /// <summary>A method's code.</summary>
    public void AddMethod(ulong start, uint size, ulong module, int name)
    {
        _entries.Add(new Entry(start, start + size, module, name));
        _isSorted = false;
    }

    /// <summary>Name and module (ids of texts) of what lies at <paramref name="address"/>; <paramref name="shown"/> as a number where nothing is known.</summary>
    public (int Function, int Module) At(ulong address, ulong shown)
    {
        if (!_isSorted)
            Sort();
        int index = Array.BinarySearch(_starts, address);
        index = index >= 0 ? index : ~index - 1;
        if (index >= 0 && address < _entries[index].End)
            return (_entries[index].Name, _modules.GetValueOrDefault(_entries[index].Module));
        return (texts.Add(string.Create(CultureInfo.InvariantCulture, $"0x{shown:x}")), File(address));
    }

    private int File(ulong address)
    {
        // Mappings are few, and what is found is kept with its stack.
        for (int i = _files.Count - 1; i >= 0; i--)
        {
            if (address >= _files[i].Start && address < _files[i].End)
                return _files[i].Module;
        }

        return 0;
    }

    private void Sort()
    {
        // What was told last of a place is true of it.
        Entry[] sorted = [.. _entries.Select((e, i) => (e, i)).GroupBy(p => p.e.Start).Select(g => g.MaxBy(p => p.i).e).OrderBy(e => e.Start)];
        _entries.Clear();
        _entries.AddRange(sorted);
        _starts = [.. sorted.Select(e => e.Start)];
        _isSorted = true;
    }

    private readonly record struct Range(ulong Start, ulong End, int Module);

    private readonly record struct Entry(ulong Start, ulong End, ulong Module, int Name);
}
