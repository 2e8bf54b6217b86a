using System.Buffers.Binary;
using System.Text.Json;
using VizTrace.Records;

namespace VizTrace.Recorder.Launching;

/// <summary>
/// Why a command left nothing recorded, judged by its file after it has ended. A guess where it has to be one, and then it says so.
/// </summary>
internal static class ProgramKind
{
    /// <summary>Mark of a single-file bundle; the apphost has it too, with 8 zero bytes (the bundle's offset) before it.</summary>
    private static ReadOnlySpan<byte> BundleMark =>
    [
        0x8b, 0x12, 0x02, 0xb9, 0x6a, 0x61, 0x20, 0x38, 0x72, 0x7b, 0x93, 0x02, 0x14, 0xd7, 0xa0, 0x32,
        0x13, 0xf5, 0xb9, 0xe6, 0xef, 0xae, 0x33, 0x18, 0xee, 0x3b, 0x2d, 0xce, 0x24, 0xb3, 0x6a, 0xae,
    ];

    /// <summary>One sentence without a full stop. Never throws: the program has run, and its exit code is still to be told.</summary>
    public static string WhyNotRecorded(IReadOnlyList<string> command)
    {
        try
        {
            return Judge(command);
        }
        catch (Exception e)
        {
            return $"{command[0]} did not load the profiler, and its file cannot be looked at: {e.Message}";
        }
    }

    private static string Judge(IReadOnlyList<string> command)
    {
        string name = command[0];
        if (DotnetCommand.IsThroughSdk(command))
            return "only the SDK's own tools ran, or no program was started by them";
        if (DotnetCommand.Program(command) is string program)
            return Runtime(Path.ChangeExtension(program, ".runtimeconfig.json"), Path.GetFileName(program));
        if (ExecutableFile.Find(name) is not string file)
            return $"{name} was not found again";
        using FileStream stream = File.OpenRead(file);
        Span<byte> start = stackalloc byte[5];
        int length = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        if (start[..length].StartsWith("#!"u8))
            return $"{name} is a script, and no .NET program that it may have started loaded the profiler";
        if (!start[..length].StartsWith("\u007fELF"u8))
            return $"{name} is no .NET program";
        if (start[4] == 1)
            return $"{name} is a 32-bit program; only 64-bit ones can be recorded";
        return Native(stream, file, name);
    }

    private static string Native(FileStream stream, string file, string name)
    {
        Marks marks = Search(stream);
        if (marks.NativeAot)
            return $"{name} was compiled ahead of time (NativeAOT): it has no runtime that could load a profiler; publish it without PublishAot to record it";
        if (marks.Bundle)
            return $"{name} is a single-file program whose runtime did not load the profiler; publish it without PublishSingleFile to record it";
        if (marks.AppHost)
            return Runtime(file + ".runtimeconfig.json", name);
        return $"{name} is no .NET program, and none that it may have started loaded the profiler";
    }

    /// <summary>For a .NET program: which framework it asks for.</summary>
    private static string Runtime(string configuration, string name)
    {
        if (File.Exists(configuration) && FrameworkVersion(configuration) is { } version && version.Major < CaptureLayout.OldestRuntime)
            return $"{name} asks for .NET {version}; recording needs .NET {CaptureLayout.OldestRuntime} or newer";
        return $"{name} ended before its .NET runtime loaded the profiler, or the runtime refused it";
    }

    private static Version? FrameworkVersion(string configuration)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(configuration), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip });
            JsonElement options = document.RootElement.GetProperty("runtimeOptions");
            JsonElement framework = options.TryGetProperty("framework", out JsonElement one) ? one : options.GetProperty("frameworks")[0];
            return Version.TryParse(framework.GetProperty("version").GetString()?.Split('-')[0], out Version? version) ? version : null;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or IOException or IndexOutOfRangeException)
        {
            // A configuration that makes no sense says nothing about the version; the host has complained about it already.
            return null;
        }
    }

    private static Marks Search(FileStream stream)
    {
        const int Overlap = 64;
        var marks = default(Marks);
        var buffer = new byte[1 << 20];
        int kept = 0;
        stream.Position = 0;
        while (stream.Read(buffer, kept, buffer.Length - kept) is int read && read > 0)
        {
            ReadOnlySpan<byte> text = buffer.AsSpan(0, kept + read);
            int mark = text.IndexOf(BundleMark);
            if (mark >= 8)
            {
                long bundle = BinaryPrimitives.ReadInt64LittleEndian(text[(mark - 8)..]);
                marks.Bundle |= bundle > 0 && bundle < stream.Length;
                marks.AppHost |= bundle == 0;
            }

            marks.NativeAot |= text.IndexOf("DotNetRuntimeDebugHeader"u8) >= 0;
            kept = Math.Min(Overlap, text.Length);
            text[^kept..].CopyTo(buffer);
        }

        return marks;
    }

    private struct Marks
    {
        public bool Bundle;
        public bool AppHost;
        public bool NativeAot;
    }
}
