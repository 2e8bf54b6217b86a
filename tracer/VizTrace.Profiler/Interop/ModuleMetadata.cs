namespace VizTrace.Profiler.Interop;

/// <summary>
/// IMetaDataImport2 and IMetaDataEmit of one module, by slot number (cor.h, unchanged since .NET Framework 2). Calls may come from any
/// thread: the runtime's metadata has its own lock for readers and writers.
/// </summary>
internal sealed unsafe class ModuleMetadata
{
    private static readonly Guid s_import2 = new(0xfce5efa0, 0x8bba, 0x4f8e, 0xa0, 0x36, 0x8f, 0x20, 0x22, 0xb0, 0x84, 0x66);
    private static readonly Guid s_assemblyImport = new(0xee62470b, 0xe94b, 0x424e, 0x9b, 0x7c, 0x2f, 0x00, 0xc9, 0x24, 0x9f, 0x93);
    private static readonly Guid s_emit = new(0xba3fee4c, 0xecb9, 0x4e41, 0x83, 0xb7, 0x18, 0x3f, 0xa4, 0x1c, 0xd8, 0x59);

    private readonly ProfilerInfo _info;
    private readonly nuint _module;
    private readonly void** _import;
    private nint _emit;

    private ModuleMetadata(ProfilerInfo info, nuint module, void** import)
    {
        _info = info;
        _module = module;
        _import = import;
    }

    /// <summary>Opens the module's metadata for reading; null when it has none (a resource, a module being torn down).</summary>
    public static ModuleMetadata? TryOpen(ProfilerInfo info, nuint module)
    {
        void** import;
        Guid iid = s_import2;

        // Reading is opened with flag 0 (ofRead) and writing, later, with 1 (ofWrite): the other way round the runtime hands out an
        // import interface that does not see emitted tokens.
        int hr = info.GetModuleMetaData(module, 0, &iid, &import);
        return hr < 0 || import == null ? null : new ModuleMetadata(info, module, import);
    }

    /// <summary>Name (<c>Ns.Type`1</c>) of a type definition, without what it is nested in; and whether it is nested.</summary>
    public string TypeName(uint typeDef, out bool nested)
    {
        const int Room = 1024;
        char* buffer = stackalloc char[Room];
        uint length = 0, attributes = 0;
        int hr = ((delegate* unmanaged<void*, uint, char*, uint, uint*, uint*, uint*, int>)Slot(12))(
            _import, typeDef, buffer, Room, &length, &attributes, null);
        nested = (attributes & 7) >= 2;
        return hr < 0 || length == 0 ? "" : new string(buffer, 0, (int)Math.Min(length, Room) - 1);
    }

    /// <summary>The type in which a nested one lies; 0 when none.</summary>
    public uint EnclosingType(uint typeDef)
    {
        uint enclosing = 0;
        int hr = ((delegate* unmanaged<void*, uint, uint*, int>)Slot(62))(_import, typeDef, &enclosing);
        return hr < 0 ? 0 : enclosing;
    }

    /// <summary>Type, name, signature and CorMethodImpl flags of a method definition. The signature points into the module's metadata.</summary>
    public bool TryGetMethod(
        uint token, out uint typeDef, out string name, out byte* signature, out int signatureBytes, out uint implementationFlags)
    {
        const int Room = 1024;
        char* buffer = stackalloc char[Room];
        uint type, length, attributes, sigBytes, rva, implFlags;
        byte* sig;
        int hr = ((delegate* unmanaged<void*, uint, uint*, char*, uint, uint*, uint*, byte**, uint*, uint*, uint*, int>)Slot(30))(
            _import, token, &type, buffer, Room, &length, &attributes, &sig, &sigBytes, &rva, &implFlags);
        implementationFlags = hr < 0 ? 0 : implFlags;
        typeDef = hr < 0 ? 0 : type;
        signature = hr < 0 ? null : sig;
        signatureBytes = hr < 0 ? 0 : (int)sigBytes;
        name = hr < 0 || length == 0 ? "" : new string(buffer, 0, (int)Math.Min(length, Room) - 1);
        return hr >= 0;
    }

    /// <summary>The bytes of a stand-alone signature (local variables); empty when the token is not one.</summary>
    public ReadOnlySpan<byte> StandAloneSignature(uint token)
    {
        byte* sig;
        uint bytes;
        int hr = ((delegate* unmanaged<void*, uint, byte**, uint*, int>)Slot(41))(_import, token, &sig, &bytes);
        return hr < 0 ? default : new ReadOnlySpan<byte>(sig, (int)bytes);
    }

    /// <summary>Comma-separated names of the generic parameters of a type or method; empty when it has none.</summary>
    public string GenericParameters(uint owner)
    {
        const int Most = 16, Room = 256;
        uint* tokens = stackalloc uint[Most];
        char* buffer = stackalloc char[Room];
        nint cursor = 0;
        uint count = 0;
        string names = "";
        int hr = ((delegate* unmanaged<void*, nint*, uint, uint*, uint, uint*, int>)Slot(65))(_import, &cursor, owner, tokens, Most, &count);
        for (uint i = 0; hr >= 0 && i < Math.Min(count, Most); i++)
        {
            uint index, flags, parent, reserved, length;
            int one = ((delegate* unmanaged<void*, uint, uint*, uint*, uint*, uint*, char*, uint, uint*, int>)Slot(66))(
                _import, tokens[i], &index, &flags, &parent, &reserved, buffer, Room, &length);
            string name = one < 0 || length == 0 ? "?" : new string(buffer, 0, (int)Math.Min(length, Room) - 1);
            names = i == 0 ? name : names + "," + name;
        }

        if (cursor != 0)
            ((delegate* unmanaged<void*, nint, void>)Slot(3))(_import, cursor);
        return names;
    }

    /// <summary>
    /// The token by which this module calls <c>System.Object::.ctor()</c>; 0 when it has none (the core library itself, or a module without
    /// classes). Tries the assembly references in order: the first that has System.Object is the one that compilers use.
    /// </summary>
    public uint ObjectConstructor()
    {
        const uint AssemblyRef = 0x23000000, MostReferences = 256;
        ReadOnlySpan<byte> parameterlessInstance = [0x20, 0x00, 0x01];
        fixed (char* objectName = "System.Object")
        fixed (char* constructorName = ".ctor")
        fixed (byte* signature = parameterlessInstance)
        {
            for (uint row = 1; row <= MostReferences; row++)
            {
                uint type, member;
                if (((delegate* unmanaged<void*, uint, int>)Slot(61))(_import, AssemblyRef + row) == 0)
                    return 0;
                if (((delegate* unmanaged<void*, uint, char*, uint*, int>)Slot(55))(_import, AssemblyRef + row, objectName, &type) < 0)
                    continue;
                int hr = ((delegate* unmanaged<void*, uint, char*, byte*, uint, uint*, int>)Slot(29))(
                    _import, type, constructorName, signature, (uint)parameterlessInstance.Length, &member);
                return hr < 0 ? 0 : member;
            }
        }

        return 0;
    }

    /// <summary>The token of the reference to an assembly, by its simple name; 0 when there is none.</summary>
    public uint AssemblyReference(string name)
    {
        const uint AssemblyRef = 0x23000000, MostReferences = 1024;
        const int Room = 256;
        void** assemblies;
        if (ProfilerInfo.QueryInterface(_import, s_assemblyImport, &assemblies) < 0)
            return 0;
        char* buffer = stackalloc char[Room];
        uint found = 0;
        for (uint row = 1; row <= MostReferences && found == 0; row++)
        {
            if (((delegate* unmanaged<void*, uint, int>)Slot(61))(_import, AssemblyRef + row) == 0)
                break;
            uint length = 0;
            int hr = ((delegate* unmanaged<void*, uint, void*, void*, char*, uint, uint*, void*, void*, void*, void*, int>)(*(void***)assemblies)[4])(
                assemblies, AssemblyRef + row, null, null, buffer, Room, &length, null, null, null, null);
            if (hr >= 0 && length > 0 && new ReadOnlySpan<char>(buffer, (int)Math.Min(length, Room) - 1).SequenceEqual(name))
                found = AssemblyRef + row;
        }

        ProfilerInfo.Release(assemblies);
        return found;
    }

    /// <summary>Whether the module refers to a type of a referenced assembly.</summary>
    public bool HasTypeReference(uint assemblyReference, string type)
    {
        uint token;
        fixed (char* name = type)
            return ((delegate* unmanaged<void*, uint, char*, uint*, int>)Slot(55))(_import, assemblyReference, name, &token) >= 0;
    }

    /// <summary>Whether a method or type has an attribute, by the full name of its type; <paramref name="value"/> points into the metadata.</summary>
    public bool TryGetAttribute(uint owner, string attribute, out ReadOnlySpan<byte> value)
    {
        void* bytes = null;
        uint length = 0;
        int hr;
        fixed (char* name = attribute)
            hr = ((delegate* unmanaged<void*, uint, char*, void**, uint*, int>)Slot(60))(_import, owner, name, &bytes, &length);

        // S_FALSE when it has none.
        value = hr == HResult.Ok ? new ReadOnlySpan<byte>(bytes, (int)length) : default;
        return hr == HResult.Ok;
    }

    /// <summary>The token of a type's only method of that name; 0 when there is no such type, or none or several of them.</summary>
    public uint MethodOf(string type, string method)
    {
        uint typeDef;
        fixed (char* name = type)
        {
            if (((delegate* unmanaged<void*, char*, uint, uint*, int>)Slot(9))(_import, name, 0, &typeDef) < 0)
                return 0;
        }

        return MethodsNamed(typeDef, method) is [uint only] ? only : 0;
    }

    /// <summary>Tokens of the methods of a type that have a name.</summary>
    public List<uint> MethodsNamed(uint typeDef, string method)
    {
        const int Room = 32;
        uint* tokens = stackalloc uint[Room];
        nint cursor = 0;
        uint count = 0;
        var found = new List<uint>();
        fixed (char* name = method)
        {
            do
            {
                int hr = ((delegate* unmanaged<void*, nint*, uint, char*, uint*, uint, uint*, int>)Slot(19))(
                    _import, &cursor, typeDef, name, tokens, Room, &count);
                if (hr < 0)
                    break;
                found.AddRange(new ReadOnlySpan<uint>(tokens, (int)count));
            }
            while (count == Room);
        }

        if (cursor != 0)
            ((delegate* unmanaged<void*, nint, void>)Slot(3))(_import, cursor);
        return found;
    }

    /// <summary>The module's MVID.</summary>
    public Guid Mvid()
    {
        Guid mvid;
        uint length;
        char name;
        int hr = ((delegate* unmanaged<void*, char*, uint, uint*, Guid*, int>)Slot(10))(_import, &name, 1, &length, &mvid);
        return hr < 0 ? default : mvid;
    }

    /// <summary>A token for a signature, made when it does not exist. 0 when the module takes no new metadata.</summary>
    public uint TokenFromSignature(ReadOnlySpan<byte> signature)
    {
        void** emit = Emit();
        if (emit == null)
            return 0;
        uint token;
        fixed (byte* bytes = signature)
        {
            int hr = ((delegate* unmanaged<void*, byte*, uint, uint*, int>)(*(void***)emit)[23])(emit, bytes, (uint)signature.Length, &token);
            return hr < 0 ? 0 : token;
        }
    }

    /// <summary>Gives the interfaces back, when the module goes.</summary>
    public void Close()
    {
        ProfilerInfo.Release(_import);
        nint emit = Interlocked.Exchange(ref _emit, 0);
        if (emit != 0)
            ProfilerInfo.Release((void**)emit);
    }

    private void** Emit()
    {
        nint emit = Volatile.Read(ref _emit);
        if (emit != 0)
            return (void**)emit;
        void** opened;
        Guid iid = s_emit;
        if (_info.GetModuleMetaData(_module, 1, &iid, &opened) < 0 || opened == null)
            return null;
        nint before = Interlocked.CompareExchange(ref _emit, (nint)opened, 0);
        if (before == 0)
            return opened;
        ProfilerInfo.Release(opened);
        return (void**)before;
    }

    private void* Slot(int index) => (*(void***)_import)[index];
}
