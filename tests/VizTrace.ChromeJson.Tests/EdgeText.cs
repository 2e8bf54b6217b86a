using VizTrace.Model;

namespace VizTrace.ChromeJson.Tests;

/// <summary>Edges from short texts: <c>+1 100</c> begins function 1 at 100 ns, <c>-1 120 Unfinished</c> ends it.</summary>
internal static class EdgeText
{
    public static SliceEdge[] Of(params string[] lines) =>
        [.. lines.Select(line =>
        {
            string[] parts = line.Split(' ');
            return new SliceEdge(
                long.Parse(parts[1]),
                int.Parse(parts[0][1..]),
                parts[0][0] == '+' ? EdgeKind.Begin : EdgeKind.End,
                parts.Length > 2 ? Enum.Parse<EdgeFlags>(parts[2]) : EdgeFlags.None);
        })];
}
