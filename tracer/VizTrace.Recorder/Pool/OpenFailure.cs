using VizTrace.Recorder.Interop;

namespace VizTrace.Recorder.Pool;

/// <summary>Why the files of a process could not be opened.</summary>
/// <param name="Text">For people, a sentence without a full stop.</param>
/// <param name="MayPass">Whether the next try may succeed: descriptors or memory were short.</param>
internal readonly record struct OpenFailure(string Text, bool MayPass)
{
    /// <summary>A failure of the system, by its number.</summary>
    public static OpenFailure Of(string what, int error) => new(
        $"{what}: {Libc.ErrorText(error)}",
        error is Libc.ErrorInterrupted or Libc.ErrorNoMemory or Libc.ErrorSystemFiles or Libc.ErrorOwnFiles);
}
