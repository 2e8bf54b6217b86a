using System.Runtime.InteropServices;
using System.Text.Json;
using VizTrace.Profiler.Interop;

namespace VizTrace.Profiler.Threads;

/// <summary>
/// Thread.ManagedThreadId from the profiling API's ThreadID, which no profiling call gives. The ThreadID is the address of the runtime's
/// Thread object, and since .NET 9 the runtime publishes the layout of its objects for debuggers: libcoreclr exports
/// DotNetRuntimeContractDescriptor, whose JSON has <c>types.Thread.Id</c> (docs/design/datacontracts in dotnet/runtime). Without it the id
/// stays unknown; nothing is guessed.
/// </summary>
internal static unsafe class ManagedThreadId
{
    private static int s_offset = -1;

    /// <summary>Looks the offset up in the runtime that contains <paramref name="runtimeAddress"/>.</summary>
    public static void Find(void* runtimeAddress)
    {
        Libc.DlInfo info;
        if (Libc.dladdr(runtimeAddress, &info) == 0 || info.FileName == null)
            return;

        // The host loads the runtime privately: it is not in the global scope, but opening it again by name finds the same one.
        void* library = Libc.dlopen(info.FileName, Libc.RTLD_NOLOAD | Libc.RTLD_LAZY);
        if (library == null)
            return;
        ContractDescriptor* descriptor;
        fixed (byte* name = "DotNetRuntimeContractDescriptor\0"u8)
            descriptor = (ContractDescriptor*)Libc.dlsym(library, name);
        if (descriptor == null || descriptor->Magic != ContractDescriptor.LittleEndianMagic)
            return;
        s_offset = ParseOffset(new ReadOnlySpan<byte>(descriptor->Json, (int)descriptor->JsonBytes));
    }

    /// <summary>The managed id of the thread with key <paramref name="threadId"/>; 0 when it is not known (yet).</summary>
    public static uint Of(nuint threadId)
    {
        if (s_offset < 0 || threadId == 0)
            return 0;
        uint id = Volatile.Read(ref *(uint*)(threadId + (nuint)s_offset));

        // The runtime starts with ~0 and gives the number a little later; ids are dense and small.
        return id is 0 or > 0x7FFF_FFFF ? 0 : id;
    }

    /// <summary><c>types.Thread.Id</c>: a number, or an array whose first element is the number. -1: not there.</summary>
    internal static int ParseOffset(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        if (!Enter(ref reader, 1, "types"u8) || !Enter(ref reader, 2, "Thread"u8) || !Enter(ref reader, 3, "Id"u8))
            return -1;
        if (reader.TokenType == JsonTokenType.StartArray)
            reader.Read();
        return reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out int offset) ? offset : -1;
    }

    private static bool Enter(ref Utf8JsonReader reader, int depth, ReadOnlySpan<byte> name)
    {
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.EndObject && reader.CurrentDepth < depth - 1)
                return false;
            if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == depth && reader.ValueTextEquals(name))
                return reader.Read();
        }

        return false;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct ContractDescriptor
    {
        /// <summary>"DNCCDAC\0" (datacontracts/contract-descriptor.md).</summary>
        public const ulong LittleEndianMagic = 0x0043414443434e44;

        public ulong Magic;
        public uint Flags;
        public uint JsonBytes;
        public byte* Json;
    }
}
