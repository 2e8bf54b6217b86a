using System.Runtime.InteropServices;
using VizTrace.Model;
using VizTrace.Records;

namespace VizTrace.Recorder.Interop;

/// <summary>Machine code for what C# cannot say. A page lives as long as the process.</summary>
internal static unsafe class CodePage
{
    /// <summary>Address of <paramref name="code"/> (at most a page), executable. Throws where the system forbids that.</summary>
    public static nint Make(ReadOnlySpan<byte> code)
    {
        nint page = Libc.Map(0, PoolLayout.PageBytes, Libc.ProtectionRead | Libc.ProtectionWrite, Libc.MapPrivate | Libc.MapAnonymous, -1, 0);
        if (page == -1)
            throw Refused();
        code.CopyTo(new Span<byte>((void*)page, code.Length));
        if (Libc.Protect(page, PoolLayout.PageBytes, Libc.ProtectionRead | Libc.ProtectionExecute) != 0)
            throw Refused();
        return page;
    }

    private static TraceException Refused() => new(
        ErrorId.BrokenInstallation, $"cannot make a page of code: {Libc.ErrorText(Marshal.GetLastPInvokeError())}");
}
