namespace VizTrace;

/// <summary>
/// Neither the function is recorded nor anything that it calls, on any thread. On a type: all its functions and those of types nested in it. An
/// async method or iterator includes the parts that run later, not what others do while it waits.
/// </summary>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Constructor | AttributeTargets.Class | AttributeTargets.Struct | AttributeTargets.Interface, Inherited = false)]
public sealed class IgnoreFunctionAttribute : Attribute
{
}

/// <summary>The function has no slices of its own; what it calls is recorded, and moves up. On a type: all its functions.</summary>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Constructor | AttributeTargets.Class | AttributeTargets.Struct | AttributeTargets.Interface, Inherited = false)]
public sealed class HideFunctionAttribute : Attribute
{
}

/// <summary>
/// Only functions marked so are recorded, and what they call; all else is left out, in every module of the program, as soon as one that has such
/// a function is loaded; what ran before is taken out of the trace.
/// </summary>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Constructor | AttributeTargets.Class | AttributeTargets.Struct | AttributeTargets.Interface, Inherited = false)]
public sealed class TraceOnlyAttribute : Attribute
{
}
