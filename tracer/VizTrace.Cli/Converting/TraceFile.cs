using VizTrace.ChromeJson;
using VizTrace.Model;
using VizTrace.Model.Events;
using VizTrace.NetTrace;
using VizTrace.Perfetto.Events;

namespace VizTrace.Cli.Converting;

/// <summary>
/// A trace file of any tool. What it is is seen by its first bytes, never by its name. Failures name the path.
/// </summary>
internal sealed class TraceFile
{
    private TraceFile(string path, Formats.Kind kind, ITraceSource source)
    {
        Path = path;
        Kind = kind;
        Source = source;
    }

    /// <summary>Full path.</summary>
    public string Path { get; }

    /// <summary>What the file is.</summary>
    public Formats.Kind Kind { get; }

    /// <summary>Its events; its rows are complete when it was read once.</summary>
    public ITraceSource Source { get; }

    /// <summary>Bytes on disk.</summary>
    public long Bytes => new FileInfo(Path).Length;

    /// <summary>Whether we recorded it: then it is read as calls, with all that it says of itself.</summary>
    public bool IsOurs => Source.Facts.Producer.StartsWith("VizTrace", StringComparison.Ordinal);

    /// <summary>Opens the file at <paramref name="path"/> (full) and, unless whoever asks does that (<paramref name="isRead"/> false), reads it once.</summary>
    public static TraceFile Open(string path, Action<double>? progress, bool isRead = true)
    {
        using (FileStream file = Formats.Open(path))
        {
            Formats.Kind kind;
            try
            {
                kind = Formats.OfInput(file);
            }
            catch (TraceException e)
            {
                throw Named(path, e);
            }

            ITraceSource source = kind switch
            {
                Formats.Kind.Perfetto => new PerfettoTrace(() => Formats.Open(path)),
                Formats.Kind.NetTrace => new NetTraceTrace(() => Formats.Open(path), path),
                _ => new ChromeJsonTrace(() => Formats.Open(path)),
            };
            var trace = new TraceFile(path, kind, source);
            if (isRead)
                trace.Guard(() => source.Read(NoEvents.Instance, EventParts.None, progress));
            return trace;
        }
    }

    /// <summary>Does <paramref name="work"/>, which reads the file; failures of the file name it.</summary>
    public void Guard(Action work)
    {
        try
        {
            work();
        }
        catch (TraceException e) when (e.Id is ErrorId.BadInput or ErrorId.WrongVersion)
        {
            throw Named(Path, e);
        }
        catch (IOException e)
        {
            // Outputs and temporary files tell their failures as our own: this one is the input's.
            throw new TraceException(ErrorId.BadInput, $"{Path}: cannot be read: {e.Message}", e);
        }
    }

    private static TraceException Named(string path, TraceException e) => new(e.Id, $"{path}: {e.Message}", e);

    private sealed class NoEvents : IEventSink
    {
        public static NoEvents Instance { get; } = new();

        public void Event(scoped in TraceEvent e)
        {
        }
    }
}
