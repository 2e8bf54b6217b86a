using System.Text.Json;
using VizTrace.ChromeJson.Events;
using VizTrace.Model.Events;

namespace VizTrace.ChromeJson.Rows;

/// <summary>The root's <c>stackFrames</c>: frames by their ids, as a tree. Complete after the first reading, and only then asked. Not thread-safe.</summary>
internal sealed class StackFrames(TextTable texts, StackTable stacks)
{
    private readonly Dictionary<ulong, Frame> _frames = [];
    private readonly List<ulong> _path = [];
    private byte[] _scratch = [];

    /// <summary>Whether all frames are known.</summary>
    public bool IsComplete { get; set; }

    /// <summary>Takes a frame.</summary>
    public void Add(ReadOnlySpan<byte> id, ReadOnlySpan<byte> frame)
    {
        using JsonDocument? document = JsonValues.Parse(frame);
        if (document is null || document.RootElement.ValueKind != JsonValueKind.Object)
            return;
        JsonElement root = document.RootElement;
        ulong parent = JsonValues.Member(root, "parent") is { } of && of.ValueKind is JsonValueKind.String or JsonValueKind.Number
            ? IdText.Hash(System.Text.Encoding.UTF8.GetBytes(JsonValues.TextOf(of)), 0)
            : 0;
        _frames[IdText.Hash(id, 0)] = new Frame(
            parent, texts.Add(JsonValues.Text(root, "name") ?? ""), texts.Add(JsonValues.Text(root, "category") ?? ""), -1);
    }

    /// <summary>The stack whose innermost frame has this id; 0 when there is none.</summary>
    public int StackOf(ReadOnlySpan<byte> id)
    {
        if (!IsComplete)
            return 0;
        ulong key = IdText.Hash(id, 0);
        if (!_frames.TryGetValue(key, out Frame frame))
            return 0;
        if (frame.Stack >= 0)
            return frame.Stack;
        // Outwards to a known stack; a frame that is its own caller is met again as one being worked at.
        _path.Clear();
        int stack = 0;
        while (_frames.TryGetValue(key, out frame))
        {
            if (frame.Stack != -1)
            {
                stack = Math.Max(0, frame.Stack);
                break;
            }

            _frames[key] = frame with { Stack = -2 };
            _path.Add(key);
            key = frame.Parent;
        }

        for (int i = _path.Count - 1; i >= 0; i--)
        {
            frame = _frames[_path[i]];
            stack = stacks.Add(stack, frame.Name, frame.Category);
            _frames[_path[i]] = frame with { Stack = stack };
        }

        return stack;
    }

    /// <summary>The stack that stands in the event itself, innermost frame first.</summary>
    public int StackOfList(ReadOnlySpan<byte> list)
    {
        if (!IsComplete)
            return 0;
        var names = new List<int>();
        var reader = new Utf8JsonReader(list);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.String)
                    names.Add(texts.Add(reader.ValueIsEscaped ? EventReading.Unescaped(reader.ValueSpan, ref _scratch) : reader.ValueSpan));
            }
        }
        catch (JsonException)
        {
            // The frames before the damage stay.
        }

        int stack = 0;
        for (int i = names.Count - 1; i >= 0; i--)
            stack = stacks.Add(stack, names[i], 0);
        return stack;
    }

    /// <summary><paramref name="Stack"/>: -1: not asked yet; -2: being made.</summary>
    private readonly record struct Frame(ulong Parent, int Name, int Category, int Stack);
}
