using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace VizTrace.Capture;

/// <summary>The portable PDB of one module. Throws what System.Reflection.Metadata throws on damage. Not thread-safe.</summary>
internal sealed class ModuleSymbols : IDisposable
{
    private readonly MetadataReaderProvider _provider;
    private readonly MetadataReader _pdb;
    private readonly Dictionary<DocumentHandle, string> _documents = [];
    private Dictionary<int, MethodDebugInformationHandle>? _stateMachines;

    private ModuleSymbols(MetadataReaderProvider provider)
    {
        _provider = provider;
        _pdb = provider.GetMetadataReader();
    }

    /// <summary>
    /// Opens the symbols of the module at <paramref name="path"/>; null when there are none, they belong to another build, or the file is not
    /// the build that ran (<paramref name="mvid"/>; an empty one is not compared).
    /// </summary>
    public static ModuleSymbols? TryOpen(string path, Guid mvid)
    {
        if (!File.Exists(path))
            return null;
        // The image is read piece by piece: most modules have no symbols, and their headers say so.
        using var image = new PEReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1));
        if (!image.TryOpenAssociatedPortablePdb(path, OpenIfThere, out MetadataReaderProvider? provider, out _) || provider is null)
            return null;
        MetadataReader metadata = image.GetMetadataReader();
        if (mvid != Guid.Empty && metadata.GetGuid(metadata.GetModuleDefinition().Mvid) != mvid)
        {
            provider.Dispose();
            return null;
        }

        return new ModuleSymbols(provider);
    }

    /// <summary>File and line of the first sequence point of a method; of the body that holds its code when it is async or an iterator.</summary>
    public (string? File, int Line) Of(uint token)
    {
        EntityHandle handle = MetadataTokens.EntityHandle((int)token);
        if (handle.Kind != HandleKind.MethodDefinition || MetadataTokens.GetRowNumber(handle) > _pdb.MethodDebugInformation.Count)
            return default;
        (string? File, int Line) found = FirstPoint(((MethodDefinitionHandle)handle).ToDebugInformationHandle());
        return found.File is null && StateMachines().TryGetValue(MetadataTokens.GetRowNumber(handle), out MethodDebugInformationHandle body)
            ? FirstPoint(body)
            : found;
    }

    /// <inheritdoc/>
    public void Dispose() => _provider.Dispose();

    private (string? File, int Line) FirstPoint(MethodDebugInformationHandle handle)
    {
        MethodDebugInformation method = _pdb.GetMethodDebugInformation(handle);
        if (method.SequencePointsBlob.IsNil)
            return default;
        foreach (SequencePoint point in method.GetSequencePoints())
        {
            if (!point.IsHidden)
                return (DocumentName(point.Document), point.StartLine);
        }

        return default;
    }

    private string DocumentName(DocumentHandle handle)
    {
        if (!_documents.TryGetValue(handle, out string? name))
        {
            name = _pdb.GetString(_pdb.GetDocument(handle).Name);
            _documents.Add(handle, name);
        }

        return name;
    }

    /// <summary>From the row of an async method or iterator, which has no code of its own, to the MoveNext that was made of it.</summary>
    private Dictionary<int, MethodDebugInformationHandle> StateMachines()
    {
        if (_stateMachines is null)
        {
            _stateMachines = [];
            foreach (MethodDebugInformationHandle handle in _pdb.MethodDebugInformation)
            {
                MethodDefinitionHandle kickoff = _pdb.GetMethodDebugInformation(handle).GetStateMachineKickoffMethod();
                if (!kickoff.IsNil)
                    _stateMachines[MetadataTokens.GetRowNumber(kickoff)] = handle;
            }
        }

        return _stateMachines;
    }

    private static FileStream? OpenIfThere(string path) =>
        File.Exists(path) ? new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete) : null;
}
