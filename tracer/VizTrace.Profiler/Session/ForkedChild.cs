using System.Buffers.Binary;
using VizTrace.Profiler.Interop;
using VizTrace.Profiler.Probe;
using VizTrace.Records;

namespace VizTrace.Profiler.Session;

/// <summary>
/// A program that forks and goes on without exec (a daemon, through P/Invoke) has the pool in both processes, at the same place: the child
/// would write over its parent's records. So the child gets memory of its own there, and is not recorded.
/// </summary>
internal static unsafe class ForkedChild
{
    /// <summary>
    /// Has libc call a few instructions of ours in every child of fork(2); vfork and posix_spawn, by which .NET starts programs, do not come
    /// here. Machine code, for only the calling thread lives on in a child and our own runtime must not be entered there.
    /// </summary>
    public static void Guard()
    {
        Span<byte> code =
        [
            0x48, 0xBF, 0, 0, 0, 0, 0, 0, 0, 0,       // mov rdi, pool
            0x48, 0xBE, 0, 0, 0, 0, 0, 0, 0, 0,       // mov rsi, bytes
            0xBA, 0x03, 0x00, 0x00, 0x00,             // mov edx, PROT_READ | PROT_WRITE
            0x41, 0xBA, 0x32, 0x40, 0x00, 0x00,       // mov r10d, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_NORESERVE
            0x49, 0xC7, 0xC0, 0xFF, 0xFF, 0xFF, 0xFF, // mov r8, -1
            0x45, 0x31, 0xC9,                         // xor r9d, r9d
            0xB8, 0x09, 0x00, 0x00, 0x00,             // mov eax, mmap
            0x0F, 0x05,                               // syscall
            0xC7, 0x47, 0x30, 0, 0, 0, 0,             // mov dword [rdi + Stop], RecorderLeft
            0xBF, 0, 0, 0, 0,                         // mov edi, journal
            0xB8, 0x03, 0x00, 0x00, 0x00,             // mov eax, close
            0x0F, 0x05,                               // syscall
            0xC3,                                     // ret
        ];
        BinaryPrimitives.WriteUInt64LittleEndian(code[2..], (ulong)ChunkPool.Header);
        BinaryPrimitives.WriteUInt64LittleEndian(code[12..], ChunkPool.MappedBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(code[51..], (uint)StopReason.RecorderLeft);
        BinaryPrimitives.WriteInt32LittleEndian(code[56..], Journal.Descriptor);
        void* page = ExecutableCode.Write(code);
        if (page != null)
            _ = Libc.__register_atfork(null, null, page, null);
    }
}
