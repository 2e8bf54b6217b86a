namespace VizTrace.Model.Events;

/// <summary>
/// Call stacks of a trace as a tree: a stack is its innermost frame and the stack of its callers. Ids are dense; 0 is the empty stack.
/// Not thread-safe.
/// </summary>
public sealed class StackTable
{
    private readonly List<StackFrame> _frames = [default];
    private readonly Dictionary<StackFrame, int> _ids = [];

    /// <summary>Number of stacks, the empty one among them.</summary>
    public int Count => _frames.Count;

    /// <summary>The innermost frame of a stack and the stack of its callers.</summary>
    public StackFrame this[int id] => _frames[id];

    /// <summary>The id of the stack in which <paramref name="callers"/> called <paramref name="function"/> of <paramref name="module"/> (ids of texts; 0: none).</summary>
    public int Add(int callers, int function, int module)
    {
        var frame = new StackFrame(callers, function, module);
        if (_ids.TryGetValue(frame, out int id))
            return id;
        id = _frames.Count;
        _frames.Add(frame);
        _ids.Add(frame, id);
        return id;
    }
}

/// <summary>A frame and what called it.</summary>
/// <param name="Callers">The stack of its callers; 0: it is the outermost.</param>
/// <param name="Function">Its name (id of a text).</param>
/// <param name="Module">Its module (id of a text); 0: not known.</param>
public readonly record struct StackFrame(int Callers, int Function, int Module);
