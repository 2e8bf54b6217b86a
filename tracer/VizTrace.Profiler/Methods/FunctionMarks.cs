using System.Collections.Concurrent;
using System.Text;
using VizTrace.Profiler.Interop;

namespace VizTrace.Profiler.Methods;

/// <summary>
/// The attributes of VizTrace.Api on functions of one module: on the method, or on the type it lies in, at any depth. What the compiler made
/// of a method (an async method's or iterator's state machine) counts as the method. Thread-safe.
/// </summary>
internal sealed class FunctionMarks
{
    private const string Assembly = "VizTrace.Api";

    private static readonly (string Attribute, MethodWish Wish)[] s_attributes =
    [
        // The first that is there wins.
        ("VizTrace.IgnoreFunctionAttribute", MethodWish.Ignored),
        ("VizTrace.HideFunctionAttribute", MethodWish.Hidden),
        ("VizTrace.TraceOnlyAttribute", MethodWish.TraceOnly),
    ];

    private static readonly string[] s_stateMachines =
    [
        "System.Runtime.CompilerServices.AsyncStateMachineAttribute", "System.Runtime.CompilerServices.IteratorStateMachineAttribute",
        "System.Runtime.CompilerServices.AsyncIteratorStateMachineAttribute",
    ];

    private readonly ModuleMetadata _metadata;
    private readonly (string Attribute, MethodWish Wish)[] _used;
    private readonly ConcurrentDictionary<uint, MethodWish> _types = new();

    private FunctionMarks(ModuleMetadata metadata, (string Attribute, MethodWish Wish)[] used)
    {
        _metadata = metadata;
        _used = used;
    }

    /// <summary>Whether functions of the module are marked [TraceOnly].</summary>
    public bool HasTraceOnly => Array.Exists(_used, a => a.Wish == MethodWish.TraceOnly);

    /// <summary>The marks in a module; null when it does not use the attributes.</summary>
    public static FunctionMarks? Find(ModuleMetadata metadata)
    {
        uint reference = metadata.AssemblyReference(Assembly);
        if (reference == 0)
            return null;
        (string, MethodWish)[] used = Array.FindAll(s_attributes, a => metadata.HasTypeReference(reference, a.Attribute));
        return used.Length == 0 ? null : new FunctionMarks(metadata, used);
    }

    /// <summary>What marks ask for of a method; <see cref="MethodWish.Recorded"/> when there are none.</summary>
    public MethodWish Of(uint method, uint typeDef)
    {
        MethodWish own = On(method);
        return own != MethodWish.Recorded ? own : _types.GetOrAdd(typeDef, OfType);
    }

    private MethodWish OfType(uint typeDef)
    {
        MethodWish own = On(typeDef);
        if (own != MethodWish.Recorded)
            return own;
        string name = _metadata.TypeName(typeDef, out bool nested);
        uint outer = nested ? _metadata.EnclosingType(typeDef) : 0;
        if (outer == 0)
            return MethodWish.Recorded;

        // A state machine is called <Method>d__7 (or, of a local function, <<Method>g__Local|3>d).
        int end = name.LastIndexOf(">d", StringComparison.Ordinal);
        if (name.StartsWith('<') && end > 1)
        {
            foreach (uint method in _metadata.MethodsNamed(outer, name[1..end]))
            {
                if (IsStateMachineOf(method, name) && On(method) is var wish && wish != MethodWish.Recorded)
                    return wish;
            }
        }

        return _types.GetOrAdd(outer, OfType);
    }

    private MethodWish On(uint token)
    {
        foreach ((string attribute, MethodWish wish) in _used)
        {
            if (_metadata.TryGetAttribute(token, attribute, out _))
                return wish;
        }

        return MethodWish.Recorded;
    }

    /// <summary>Overloads have a state machine each: the attribute that compilers put on the method names its type.</summary>
    private bool IsStateMachineOf(uint method, string type)
    {
        byte[] name = Encoding.UTF8.GetBytes(type);
        foreach (string attribute in s_stateMachines)
        {
            if (_metadata.TryGetAttribute(method, attribute, out ReadOnlySpan<byte> value) && value.IndexOf(name) >= 0)
                return true;
        }

        return false;
    }
}
