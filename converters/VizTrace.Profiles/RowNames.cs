using VizTrace.Model.Events;

namespace VizTrace.Profiles;

/// <summary>Names of rows for formats that have one text for each.</summary>
internal static class RowNames
{
    /// <summary>The row's shown name, behind its process's where the trace has several; a thread's with its number.</summary>
    public static string Of(TrackTable tracks, int track)
    {
        TrackRow row = tracks[track];
        string name = row.ShownName;
        if (name.Length == 0)
            name = row.Kind.ToString();
        if (row.Kind == TrackKind.Thread && row.Tid != 0 && !string.IsNullOrEmpty(row.Name))
            name = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{name} [{row.Tid}]");
        return Processes(tracks) > 1 && tracks.ProcessOf(track) is { } process && process != row ? $"{process.ShownName} / {name}" : name;
    }

    private static int Processes(TrackTable tracks)
    {
        int count = 0;
        for (int i = 0; i < tracks.Count && count < 2; i++)
            count += tracks[i].Kind == TrackKind.Process ? 1 : 0;
        return count;
    }
}
