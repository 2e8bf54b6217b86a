namespace VizTrace.Profiler.Methods;

/// <summary>
/// The ReadyToRun header of a loaded module: whether its precompiled code may hold inlined methods of other modules. Layouts: the PE and CLI
/// headers of ECMA-335 II.25, the ReadyToRun header of the runtime's readytorun.h.
/// </summary>
internal static unsafe class PrecompiledImage
{
    private const uint Signature = 0x00525452; // "RTR\0"

    /// <summary>READYTORUN_FLAG_UNRELATED_R2R_CODE and READYTORUN_FLAG_MULTIMODULE_VERSION_BUBBLE.</summary>
    private const uint ForeignCode = 0x20 | 0x40;

    private const ushort Pe32Plus = 0x20B;
    private const int MostSections = 96;

    /// <summary>
    /// Whether code of other modules may have been inlined. <paramref name="image"/> is the module's base as the runtime gives it:
    /// <paramref name="isFlat"/> for a file as it lies on disk, else mapped section by section. A module without precompiled code has none;
    /// what cannot be understood may have.
    /// </summary>
    public static bool MayHoldForeignCode(byte* image, bool isFlat)
    {
        if (image == null || *(ushort*)image != 0x5A4D)
            return true;
        byte* pe = image + *(int*)(image + 0x3C);
        if (*(uint*)pe != 0x00004550)
            return true;
        int sections = *(ushort*)(pe + 6);
        int optionalBytes = *(ushort*)(pe + 20);
        byte* optional = pe + 24;
        byte* directories = optional + (*(ushort*)optional == Pe32Plus ? 112 : 96);
        byte* table = isFlat ? optional + optionalBytes : null;
        if (sections > MostSections)
            return true;
        byte* cli = At(image, table, sections, *(uint*)(directories + (14 * 8)));
        if (cli == null)
            return true;
        uint nativeHeader = *(uint*)(cli + 64);
        if (nativeHeader == 0)
            return false;
        byte* header = At(image, table, sections, nativeHeader);
        return header == null || *(uint*)header != Signature || (*(uint*)(header + 8) & ForeignCode) != 0;
    }

    private static byte* At(byte* image, byte* table, int sections, uint address)
    {
        if (address == 0)
            return null;
        if (table == null)
            return image + address;
        for (int i = 0; i < sections; i++, table += 40)
        {
            uint start = *(uint*)(table + 12), size = *(uint*)(table + 16);
            if (address >= start && address - start < size)
                return image + *(uint*)(table + 20) + (address - start);
        }

        return null;
    }
}
