using System.IO.Compression;
using System.Text.Json;
using VizTrace.Model;

namespace VizTrace.ChromeJson;

/// <summary>
/// Reads Chrome trace-event JSON (see FORMAT.md for what of it). The text goes by as a stream; but events come in any order and the sink wants
/// them in time order, so 28 bytes for every call, and the names, are in memory until all is read. Static, no shared state: thread-safe.
/// </summary>
public static class ChromeJsonReader
{
    /// <summary>
    /// Reads <paramref name="input"/> to its end into <paramref name="sink"/>, <c>Start</c> to <c>Finish</c>, and returns the summary it finished
    /// with. gzip is seen by its first bytes. <paramref name="progress"/> gets the part read, 0 to 1, where the length is known. Damage
    /// in the middle ends the reading: what came before is kept, the rest is a remark and a dropped piece.
    /// </summary>
    /// <exception cref="TraceException"><see cref="ErrorId.BadInput"/>: no trace-event JSON at all.</exception>
    public static TraceSummary Read(Stream input, ITraceSink sink, Action<double>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(sink);
        var start = new byte[16];
        int got = input.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        using Stream whole = new PrefixedStream(start.AsMemory(0, got), input, progress);
        bool packed = got >= 2 && start[0] == 0x1F && start[1] == 0x8B;
        using Stream text = packed ? new GZipStream(whole, CompressionMode.Decompress) : whole;
        var trace = new ReadTrace();
        new Scan(text, trace).Run();
        return trace.Feed(sink);
    }

    /// <summary>One reading: where in the file's outer structure it stands.</summary>
    private sealed class Scan(Stream text, ReadTrace trace)
    {
        private readonly JsonWindow _window = new(text);
        private readonly RawEvent _event = new();
        private Place _place = Place.Start;
        private bool _isArrayForm;
        private bool _sawEvents;

        private enum Place
        {
            Start,
            Root,

            /// <summary>Within an unknown member of the root.</summary>
            Unknown,
            Events,
            Done,
        }

        public void Run()
        {
            try
            {
                _window.Fill();
                _window.SkipMark();
                do
                {
                    ReadWindow();
                }
                while (_place != Place.Done && _window.Fill());

                if (_place != Place.Done)
                    EndOfStream();
            }
            catch (Exception e) when (e is JsonException or InvalidDataException or OverflowException)
            {
                Damaged(e switch
                {
                    JsonException => "no valid JSON",
                    InvalidDataException => "no valid gzip",
                    _ => "an event of more than a gigabyte",
                });
            }

            if (!_sawEvents)
                throw new TraceException(ErrorId.BadInput, "no trace events: a JSON object without \"traceEvents\"");
        }

        /// <summary>Reads all that is whole in the window.</summary>
        private void ReadWindow()
        {
            Utf8JsonReader reader = _window.Reader();
            Utf8JsonReader whole = reader;
            try
            {
                while (_place != Place.Done && Step(ref reader))
                    whole = reader;
            }
            finally
            {
                // Also when damage was found: the offset is that of the damaged piece.
                _window.Advance(in whole);
            }
        }

        /// <summary>Reads the next piece; false when it is not all in the window.</summary>
        private bool Step(ref Utf8JsonReader reader)
        {
            if (!reader.Read())
                return false;
            switch (_place)
            {
                case Place.Start:
                    _isArrayForm = reader.TokenType == JsonTokenType.StartArray;
                    if (!_isArrayForm && reader.TokenType != JsonTokenType.StartObject)
                        throw new TraceException(ErrorId.BadInput, "no trace-event JSON: neither an object nor an array");
                    _place = _isArrayForm ? Place.Events : Place.Root;
                    _sawEvents = _isArrayForm;
                    return true;

                case Place.Root:
                    return StepRoot(ref reader);

                case Place.Unknown:
                    if (reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray && reader.CurrentDepth == 1)
                        _place = Place.Root;
                    return true;

                case Place.Events when reader.TokenType == JsonTokenType.EndArray:
                    _place = _isArrayForm ? Place.Done : Place.Root;
                    return true;

                default:
                    return StepEvent(ref reader);
            }
        }

        private bool StepRoot(ref Utf8JsonReader reader)
        {
            if (reader.TokenType == JsonTokenType.EndObject)
            {
                _place = Place.Done;
                return true;
            }

            bool isEvents = reader.ValueSpan.SequenceEqual("traceEvents"u8);
            bool isStart = reader.ValueSpan.SequenceEqual(EdgeArgs.Start);
            bool isOther = reader.ValueSpan.SequenceEqual("otherData"u8);
            if (!reader.Read())
                return false;
            if (isEvents && reader.TokenType == JsonTokenType.StartArray)
            {
                _place = Place.Events;
                _sawEvents = true;
                return true;
            }

            if (isStart && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long startNs))
                trace.StartNs = Math.Max(0, startNs);
            if (!isOther || reader.TokenType != JsonTokenType.StartObject)
            {
                if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
                    _place = Place.Unknown;
                return true;
            }

            int from = (int)reader.TokenStartIndex;
            if (!reader.TrySkip())
                return false;
            trace.OtherData(_window.Slice(from, (int)reader.BytesConsumed));
            return true;
        }

        private bool StepEvent(ref Utf8JsonReader reader)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                if (!reader.TrySkip())
                    return false;
                trace.CountOther("things that are no object");
                return true;
            }

            if (!_event.TryRead(ref reader))
                return false;
            trace.Add(_event, _window.Slice(_event.ArgsStart, _event.ArgsEnd));
            return true;
        }

        private void EndOfStream()
        {
            if (_place == Place.Start)
                throw new TraceException(ErrorId.BadInput, "no trace-event JSON: " + (_window.HasText ? "neither an object nor an array" : "the file is empty"));
            if (_window.HasText)
                Damaged("the end of the file in the middle of an event");
            else if (_place is Place.Root or Place.Unknown)
                trace.Remarks.Add("the file ends before its closing brace");
            else if (!_isArrayForm)
                trace.Remarks.Add("the file ends within its events: nothing is known of what came after");
        }

        private void Damaged(string what)
        {
            if (_place == Place.Start)
                throw new TraceException(ErrorId.BadInput, $"no trace-event JSON: {what} at byte {_window.Offset}");
            trace.DroppedPieces++;
            trace.Remarks.Add($"{what} at byte {_window.Offset}: the rest was not read");
        }
    }
}
