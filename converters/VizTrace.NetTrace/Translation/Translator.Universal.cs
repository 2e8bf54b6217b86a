using VizTrace.Model.Events;

namespace VizTrace.NetTrace.Translation;

/// <content>What <c>dotnet-trace collect-linux</c> writes of a whole machine: the Universal providers (microsoft/perfview, UniversalProviders.md).</content>
internal sealed partial class Translator
{
    private readonly UniversalSink _universal = new();

    /// <summary>A file mapped into a process, or a name for addresses of it. The process of a symbol is its mapping's.</summary>
    private void Universal(scoped ref TraceEvent e, Treatment treatment)
    {
        if (!isSurvey)
            return;
        _universal.Clear();
        e.ReadArguments(_universal);
        if (treatment == Treatment.Mapping)
        {
            long pid = _universal.ProcessId != 0 ? _universal.ProcessId : state.Tracks[e.Track].Pid;
            state.Mappings[_universal.Id] = pid;
            state.MethodsOf(pid).AddMapping(_universal.Id, _universal.Start, _universal.End, _universal.FileName);
        }
        else if (_universal.End > _universal.Start && _universal.End - _universal.Start <= uint.MaxValue)
        {
            long pid = state.Mappings.TryGetValue(_universal.MappingId, out long known) ? known : state.Tracks[e.Track].Pid;
            state.MethodsOf(pid).AddMethod(_universal.Start, (uint)(_universal.End - _universal.Start), _universal.MappingId, state.Texts.Add(_universal.Name));
        }
    }

    /// <summary>A sample of a processor: its value is its weight.</summary>
    private void ProcessorSample(scoped ref TraceEvent e)
    {
        _universal.Clear();
        e.ReadArguments(_universal);
        (e.Kind, e.Name, e.Weight) = (EventKind.Sample, 0, Math.Max(1, _universal.Value));
        Emit(ref e);
    }

    private void ProcessCreate(scoped ref TraceEvent e)
    {
        if (isSurvey)
        {
            _universal.Clear();
            e.ReadArguments(_universal);
            if (_universal.Name.Length > 0 && state.Tracks.ProcessOf(e.Track) is { } process)
                process.Name = _universal.Name;
        }

        Emit(ref e);
    }
}
