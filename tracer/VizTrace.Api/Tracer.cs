namespace VizTrace;

/// <summary>
/// What a program says to the tracer that records it. Without a tracer every member does nothing: one branch, no allocation. Thread-safe; each
/// call is about the thread that makes it.
/// </summary>
public static unsafe class Tracer
{
    /// <summary>
    /// Leaves the current thread out of the trace, for good: what it does from now on is not recorded, and what it did is taken out. To be
    /// called anywhere, also more than once.
    /// </summary>
    public static void IgnoreThisThread()
    {
        if (Connection.s_tracer != null)
            Connection.s_tracer->IgnoreThisThread();
    }

    /// <summary>
    /// Records nothing that the current thread calls until the result is disposed: <c>using (Tracer.Ignore()) { … }</c>. Scopes may nest, and
    /// the functions that were open at the beginning may be left before the end. A scope cannot cross an <c>await</c>: it belongs to a thread.
    /// </summary>
    public static IgnoredScope Ignore()
    {
        if (Connection.s_tracer == null)
            return default;
        Connection.s_tracer->EnterScope();
        return new IgnoredScope(isOpen: true);
    }

    /// <summary>A stretch of a thread's time that is not recorded; ends with <see cref="Dispose"/>, on the same thread.</summary>
    public ref struct IgnoredScope
    {
        private bool _isOpen;

        internal IgnoredScope(bool isOpen) => _isOpen = isOpen;

        /// <summary>Ends it. A second time it does nothing.</summary>
        public void Dispose()
        {
            if (!_isOpen)
                return;
            _isOpen = false;
            Connection.s_tracer->LeaveScope();
        }
    }
}
