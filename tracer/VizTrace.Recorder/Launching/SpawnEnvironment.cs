using System.Runtime.InteropServices;
using System.Text;
using VizTrace.Recorder.Interop;
using VizTrace.Records;

namespace VizTrace.Recorder.Launching;

/// <summary>
/// Our environment, byte for byte as it is (it need not be UTF-8, nor free of doubles), and what makes a .NET runtime load the profiler. The
/// strings live until <see cref="Dispose"/>.
/// </summary>
internal sealed class SpawnEnvironment : IDisposable
{
    private const string EnableVariable = "CORECLR_ENABLE_PROFILING";

    /// <summary>Variables that we set, or that would win over those.</summary>
    private static readonly string[] s_ours =
    [
        EnableVariable, "CORECLR_PROFILER", "CORECLR_PROFILER_PATH", "CORECLR_PROFILER_PATH_64", "CORECLR_PROFILER_PATH_32",
        "CORECLR_PROFILER_PATH_ARM64", "CORECLR_PROFILER_PATH_ARM32", CaptureLayout.CaptureVariable,
    ];

    private readonly List<nint> _own = [];

    /// <summary>Takes the environment as it is now.</summary>
    public SpawnEnvironment(string profilerLibrary, string captureDirectory)
    {
        var pointers = new List<nint>();
        nint variables = Marshal.ReadIntPtr(NativeLibrary.GetExport(NativeLibrary.GetMainProgramHandle(), "environ"));
        for (nint text; variables != 0 && (text = Marshal.ReadIntPtr(variables)) != 0; variables += nint.Size)
        {
            if (Array.Exists(s_ours, name => IsNamed(text, name)))
                Replaced |= IsNamed(text, EnableVariable) && Marshal.PtrToStringUTF8(text + EnableVariable.Length + 1) is not ("" or "0");
            else
                pointers.Add(text);
        }

        Add("CORECLR_ENABLE_PROFILING=1");
        Add($"CORECLR_PROFILER={CaptureLayout.ProfilerClassId}");
        Add($"CORECLR_PROFILER_PATH={profilerLibrary}");
        Add($"{CaptureLayout.CaptureVariable}={captureDirectory}");
        Pointers = [.. pointers, .. _own, 0];
    }

    /// <summary>What posix_spawn takes: pointers to <c>NAME=value</c>, a null one at the end.</summary>
    public nint[] Pointers { get; }

    /// <summary>Whether another profiler was asked for, and now is not.</summary>
    public bool Replaced { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (nint text in _own)
            Marshal.FreeCoTaskMem(text);
        _own.Clear();
    }

    private static bool IsNamed(nint text, string name)
    {
        for (int i = 0; i < name.Length; i++)
        {
            if (Marshal.ReadByte(text, i) != name[i])
                return false;
        }

        return Marshal.ReadByte(text, name.Length) == '=';
    }

    private void Add(string text) => _own.Add(Marshal.StringToCoTaskMemUTF8(text));
}

/// <summary>Which signals this process was told to ignore by whoever started it.</summary>
internal static class SignalState
{
    /// <summary>Whether <paramref name="signal"/> is ignored now.</summary>
    public static bool IsIgnored(int signal)
    {
        Span<byte> buffer = stackalloc byte[4096];
        int fd = Libc.Open("/proc/self/status", Libc.ReadOnly | Libc.CloseOnExec, 0);
        if (fd < 0)
            return false;
        nint length = Libc.Read(fd, ref buffer[0], (nuint)buffer.Length);
        Libc.Close(fd);
        ReadOnlySpan<byte> text = buffer[..(int)Math.Max(0, length)];
        int at = text.IndexOf("SigIgn:\t"u8);
        return at >= 0
            && ulong.TryParse(Encoding.ASCII.GetString(text.Slice(at + 8, 16)), System.Globalization.NumberStyles.HexNumber, null, out ulong set)
            && (set >> (signal - 1) & 1) != 0;
    }
}
