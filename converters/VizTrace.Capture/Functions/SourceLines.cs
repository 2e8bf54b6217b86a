using VizTrace.Records;

namespace VizTrace.Capture;

/// <summary>
/// Where functions stand in their source, from portable PDBs beside or inside the modules, opened when a function of theirs is first used.
/// That symbols are missing or unreadable is no error. Not thread-safe. Dispose closes what was opened.
/// </summary>
internal sealed class SourceLines(Findings findings) : IDisposable
{
    private readonly Dictionary<ModuleEntry, ModuleSymbols?> _modules = new(ReferenceEqualityComparer.Instance);

    /// <summary>File and first line of the method with a token; null and 0 when not known.</summary>
    public (string? File, int Line) Of(ModuleEntry? module, uint token)
    {
        if (module is null || module.Path.Length == 0 || (module.Flags & (ModuleFlags.InMemory | ModuleFlags.Dynamic)) != 0)
            return default;
        if (!_modules.TryGetValue(module, out ModuleSymbols? symbols))
        {
            symbols = Open(module);
            _modules[module] = symbols;
        }

        return symbols is null ? default : Guarded(module, () => symbols.Of(token));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ModuleSymbols? symbols in _modules.Values)
            symbols?.Dispose();
    }

    private ModuleSymbols? Open(ModuleEntry module) => Guarded(module, () => ModuleSymbols.TryOpen(module.Path, module.Mvid));

    /// <summary>Damaged symbols are remarked on once a module and then left alone.</summary>
    private T? Guarded<T>(ModuleEntry module, Func<T?> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is BadImageFormatException or IOException or UnauthorizedAccessException or InvalidDataException)
        {
            findings.Remark($"{module.Name}: its symbols could not be read: {e.Message}");
            if (_modules.Remove(module, out ModuleSymbols? symbols))
                symbols?.Dispose();
            _modules[module] = null;
            return default;
        }
    }
}
