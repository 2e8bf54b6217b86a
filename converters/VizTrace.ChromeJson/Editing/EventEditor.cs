using System.Globalization;
using VizTrace.ChromeJson.Events;
using VizTrace.Model.Events;

namespace VizTrace.ChromeJson.Editing;

/// <summary>Writes an event as an <see cref="EventEdit"/> wants it: every member that is not concerned as it stands. Not thread-safe.</summary>
internal sealed class EventEditor(JsonOutput output, long startNs)
{
    private readonly ValueSkipper _skipper = new();
    private byte[] _scratch = [];

    /// <summary>Writes the event <paramref name="text"/>, from brace to brace.</summary>
    public void Write(ReadOnlySpan<byte> text, scoped in TraceEvent e, EventEdit edit)
    {
        if (IsBroken(text))
        {
            output.Write(text);
            return;
        }

        bool cutsFlow = edit.DropsFlows || Cuts(e.Flows, edit) || Cuts(e.EndingFlows, edit);
        long? timeNs = edit.TimeNs;
        long? durationNs = e.Kind == EventKind.Complete ? edit.DurationNs : null;
        string? name = edit.Name;
        bool adds = edit.Added.Count != 0;
        bool any = false;
        output.Write("{"u8);
        var members = new ObjectMembers(text, _skipper);
        while (members.MoveNext())
        {
            ReadOnlySpan<byte> key = text.Slice(members.Key.Start, members.Key.Length);
            if (cutsFlow && (key.SequenceEqual("bind_id"u8) || key.SequenceEqual("flow_in"u8) || key.SequenceEqual("flow_out"u8)))
                continue;
            ReadOnlySpan<byte> value = text.Slice(members.Value.Start, members.Value.Length);
            ReadOnlySpan<byte> before = text[members.Lead..members.Value.Start];
            Begin(before, ref any);
            if (timeNs is { } time && key.SequenceEqual("ts"u8))
                Number(value, time - startNs);
            else if (durationNs is { } duration && key.SequenceEqual("dur"u8))
                Number(value, duration);
            else if (name is not null && key.SequenceEqual("name"u8))
                Quoted(name);
            else if (key.SequenceEqual("args"u8) && value[0] == (byte)'{' && (adds || edit.DropsArgument is not null))
                Arguments(value, edit, ref adds);
            else
                output.Write(value);
            if (key.SequenceEqual("dur"u8))
                durationNs = null;
            else if (key.SequenceEqual("name"u8))
                name = null;
        }

        if (durationNs is { } missing)
        {
            output.Write(any ? ",\"dur\":"u8 : "\"dur\":"u8);
            output.WriteMicroseconds(missing);
            any = true;
        }

        if (name is not null)
        {
            output.Write(any ? ",\"name\":"u8 : "\"name\":"u8);
            Quoted(name);
            any = true;
        }

        if (adds)
        {
            output.Write(any ? ",\"args\":{"u8 : "\"args\":{"u8);
            bool anyArgument = false;
            Added(edit, ref anyArgument);
            output.Write("}"u8);
        }

        // Blanks before the closing brace; a comma that stood there went.
        output.Write(WithoutComma(text[members.Rest..]));
    }

    /// <summary>Looked through once before: what is no valid object stays as it is.</summary>
    private bool IsBroken(ReadOnlySpan<byte> text)
    {
        var check = new ObjectMembers(text, _skipper);
        while (check.MoveNext())
        {
        }

        return check.IsBroken;
    }

    private static bool Cuts(ReadOnlySpan<ulong> flows, EventEdit edit)
    {
        if (edit.DropsFlow is not { } drops)
            return false;
        foreach (ulong flow in flows)
        {
            if (drops(flow))
                return true;
        }

        return false;
    }

    private void Arguments(ReadOnlySpan<byte> args, EventEdit edit, ref bool adds)
    {
        if (IsBroken(args))
        {
            output.Write(args);
            return;
        }

        output.Write("{"u8);
        bool any = false;
        var members = new ObjectMembers(args, _skipper);
        while (members.MoveNext())
        {
            ReadOnlySpan<byte> key = args.Slice(members.Key.Start, members.Key.Length);
            if (key.Contains((byte)'\\'))
                key = EventReading.Unescaped(key, ref _scratch);
            if (edit.DropsArgument is { } drops && drops(key))
                continue;
            Begin(args[members.Lead..members.Value.Start], ref any);
            output.Write(args.Slice(members.Value.Start, members.Value.Length));
        }

        Added(edit, ref any);
        adds = false;
        output.Write(WithoutComma(args[members.Rest..]));
    }

    /// <summary>What stands before a value; without its comma when nothing was written before it.</summary>
    private void Begin(ReadOnlySpan<byte> before, ref bool any)
    {
        output.Write(any ? before : WithoutComma(before));
        any = true;
    }

    private static ReadOnlySpan<byte> WithoutComma(ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> rest = text.TrimStart(" \t\r\n"u8);
        return rest.Length > 0 && rest[0] == (byte)',' ? rest[1..].TrimStart(" \t\r\n"u8) : text;
    }

    private void Added(EventEdit edit, ref bool any)
    {
        foreach ((string key, object value) in edit.Added)
        {
            output.Write(any ? ",\""u8 : "\""u8);
            any = true;
            output.WriteEscaped(key);
            output.Write("\":"u8);
            switch (value)
            {
                case bool truth:
                    output.Write(truth ? "true"u8 : "false"u8);
                    break;
                case long number:
                    output.Write(number);
                    break;
                default:
                    Quoted(Convert.ToString(value, CultureInfo.InvariantCulture) ?? "");
                    break;
            }
        }
    }

    private void Number(ReadOnlySpan<byte> old, long ns)
    {
        bool isText = old[0] == (byte)'"';
        if (isText)
            output.Write("\""u8);
        output.WriteMicroseconds(ns);
        if (isText)
            output.Write("\""u8);
    }

    private void Quoted(string text)
    {
        output.Write("\""u8);
        output.WriteEscaped(text);
        output.Write("\""u8);
    }
}
