using System.Buffers;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using VizTrace.Records;

namespace VizTrace.Capture;

/// <summary>A method as its module's metadata has it.</summary>
/// <param name="Token">Its token.</param>
/// <param name="Type">The readable name up to the dot before <paramref name="Name"/>.</param>
/// <param name="Name">The rest of the readable name.</param>
/// <param name="NoBody">Why it has no IL that could be recorded; null when it has.</param>
internal readonly record struct ListedMethod(uint Token, string Type, string Name, string? NoBody);

/// <summary>Lists the methods of a module file, with the names that the profiler would give them. Not thread-safe.</summary>
internal sealed class ModuleMethods
{
    /// <summary>Types that stand for methods, closures and the like: there only the whole name can be made readable.</summary>
    private static readonly SearchValues<char> s_generated = SearchValues.Create("<$@");

    /// <summary>Methods whose readable name is not just theirs behind the type's.</summary>
    private static readonly SearchValues<char> s_unplain = SearchValues.Create("<|.$@-");

    private readonly MetadataReader _metadata;
    private readonly Dictionary<StringHandle, string> _names = [];
    private readonly Dictionary<TypeDefinitionHandle, string> _types = [];

    private ModuleMethods(MetadataReader metadata) => _metadata = metadata;

    /// <summary>
    /// Tells <paramref name="each"/> of every method, in the order of the metadata. Returns why they cannot be listed, and then some may have been
    /// told; null when all were.
    /// </summary>
    public static string? Read(ModuleEntry module, Action<ListedMethod> each)
    {
        if ((module.Flags & ModuleFlags.Dynamic) != 0)
            return "made at run time";
        if ((module.Flags & ModuleFlags.InMemory) != 0 || module.Path.Length == 0)
            return "loaded from memory";
        if (!File.Exists(module.Path))
            return "its file is gone";
        try
        {
            using var image = new PEReader(new FileStream(module.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1));
            if (!image.HasMetadata)
                return "its file has no metadata";
            MetadataReader metadata = image.GetMetadataReader();
            if (metadata.GetGuid(metadata.GetModuleDefinition().Mvid) != module.Mvid)
                return "its file is another build now";
            new ModuleMethods(metadata).TellAll(each);
            return null;
        }
        catch (Exception e) when (e is BadImageFormatException or IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            return $"its file cannot be read: {e.Message}";
        }
    }

    private void TellAll(Action<ListedMethod> each)
    {
        foreach (TypeDefinitionHandle handle in _metadata.TypeDefinitions)
        {
            TypeDefinition type = _metadata.GetTypeDefinition(handle);
            MethodDefinitionHandleCollection methods = type.GetMethods();
            if (methods.Count == 0)
                continue;
            string clrName = ClrName(handle);
            string parameters = clrName.Contains('`', StringComparison.Ordinal) ? Parameters(type.GetGenericParameters()) : "";

            // Of any method: the type's part of the name, unless the type stands for a method itself.
            string readable = ReadableName.Of(clrName, "M", parameters, "");
            readable = readable.EndsWith(".M", StringComparison.Ordinal) ? readable[..^2] : "";
            bool plain = readable.Length > 0 && !clrName.AsSpan().ContainsAny(s_generated);
            foreach (MethodDefinitionHandle method in methods)
                each(Method(method, clrName, parameters, readable, plain));
        }
    }

    private ListedMethod Method(MethodDefinitionHandle handle, string clrType, string typeParameters, string readableType, bool plainType)
    {
        MethodDefinition method = _metadata.GetMethodDefinition(handle);
        string name = Name(method.Name);
        string? noBody = method.RelativeVirtualAddress == 0 ? NoBody(method) : null;
        uint token = (uint)MetadataTokens.GetToken(handle);
        string parameters = IsGeneric(method) ? Parameters(method.GetGenericParameters()) : "";
        if (plainType && parameters.Length == 0 && (!name.AsSpan().ContainsAny(s_unplain) || name is ".ctor" or ".cctor"))
            return new ListedMethod(token, readableType, name, noBody);
        string whole = ReadableName.Of(clrType, name, typeParameters, parameters);
        if (readableType.Length > 0 && whole.Length > readableType.Length && whole[readableType.Length] == '.'
            && whole.StartsWith(readableType, StringComparison.Ordinal))
            return new ListedMethod(token, readableType, whole[(readableType.Length + 1)..], noBody);
        (string type, string rest) = MethodGroups.Split(whole);
        return new ListedMethod(token, type, rest, noBody);
    }

    private static string NoBody(MethodDefinition method) =>
        (method.Attributes & MethodAttributes.Abstract) != 0 ? "abstract"
        : (method.Attributes & MethodAttributes.PinvokeImpl) != 0 ? "P/Invoke"
        : (method.ImplAttributes & (MethodImplAttributes.CodeTypeMask | MethodImplAttributes.InternalCall)) != 0 ? "made by the runtime"
        : "no body";

    /// <summary>The first byte of its signature says so; most methods are spared the search in the table of parameters.</summary>
    private bool IsGeneric(MethodDefinition method) => _metadata.GetBlobReader(method.Signature).ReadSignatureHeader().IsGeneric;

    private string Parameters(GenericParameterHandleCollection parameters) =>
        string.Join(',', parameters.Select(p => Name(_metadata.GetGenericParameter(p).Name)));

    /// <summary><c>Ns.Outer`1+Inner</c>.</summary>
    private string ClrName(TypeDefinitionHandle handle)
    {
        if (_types.TryGetValue(handle, out string? known))
            return known;
        TypeDefinition type = _metadata.GetTypeDefinition(handle);
        string name = Name(type.Name);
        if (!type.Namespace.IsNil)
            name = $"{Name(type.Namespace)}.{name}";
        if (type.IsNested && type.GetDeclaringType() is { IsNil: false } outer)
            name = $"{ClrName(outer)}+{name}";
        _types.Add(handle, name);
        return name;
    }

    /// <summary>Many methods have the same names.</summary>
    private string Name(StringHandle handle)
    {
        if (!_names.TryGetValue(handle, out string? name))
            _names.Add(handle, name = _metadata.GetString(handle));
        return name;
    }
}
