using System.Runtime.InteropServices;
using VizTrace.Profiler.Methods;
using VizTrace.Profiler.Probe;

namespace VizTrace.Profiler.Session;

/// <summary>
/// How a program that references VizTrace.Api reaches us: that assembly has one method that answers 0, and here it gets a body that answers
/// the address of <see cref="Table"/>. No library is looked for, no name resolved, and without us the assembly stays inert.
/// </summary>
internal static unsafe class ProgramApi
{
    /// <summary>File name of the assembly.</summary>
    public const string Module = "VizTrace.Api.dll";

    private const string Type = "VizTrace.Connection", Method = "Find";

    private static Functions* s_functions;

    /// <summary>Whether a method is the one to be replaced.</summary>
    public static bool IsDoor(TracedModule module, string type, string method) => module.Name == Module && type == Type && method == Method;

    /// <summary>Its new body: <c>ldc.i8 table; conv.i; ret</c> behind a tiny header (ECMA-335 II.25.4.2).</summary>
    public static byte[] DoorBody()
    {
        const int CodeBytes = 11, TinyFormat = 2;
        byte[] body = [(CodeBytes << 2) | TinyFormat, 0x21, 0, 0, 0, 0, 0, 0, 0, 0, 0xD3, 0x2A];
        BitConverter.TryWriteBytes(body.AsSpan(2), (long)(nint)Table());
        return body;
    }

    private static Functions* Table()
    {
        if (s_functions == null)
        {
            var functions = (Functions*)NativeMemory.AllocZeroed((nuint)sizeof(Functions));
            functions->Bytes = sizeof(Functions);
            functions->IgnoreThisThread = &Ignoring.IgnoreThisThread;
            functions->EnterScope = &Ignoring.EnterScope;
            functions->LeaveScope = &Ignoring.LeaveScope;
            s_functions = functions;
        }

        return s_functions;
    }

    /// <summary>The same, field by field, as VizTrace.Api's; new ones go to the end.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Functions
    {
        public nint Bytes;
        public delegate* unmanaged<void> IgnoreThisThread;
        public delegate* unmanaged<void> EnterScope;
        public delegate* unmanaged<void> LeaveScope;
    }
}
