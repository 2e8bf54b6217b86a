using System.Text;
using VizTrace.ChromeJson.Tests.Events;
using VizTrace.Model.Events;

namespace VizTrace.ChromeJson.Tests.Editing;

/// <summary>Files written anew.</summary>
internal static class Rewritten
{
    public static string By(string json, Func<ChromeJsonTrace, Judge> judge, Ledger? ledger = null) =>
        Encoding.UTF8.GetString(By(Encoding.UTF8.GetBytes(json), judge, ledger));

    public static byte[] By(byte[] json, Func<ChromeJsonTrace, Judge> judge, Ledger? ledger = null, RewriteOptions? options = null)
    {
        var trace = new ChromeJsonTrace(() => new MemoryStream(json));
        trace.Read(new TextSink(trace), EventParts.None);
        var output = new MemoryStream();
        trace.Rewrite(output, judge(trace), ledger ?? Ledger.Empty, options ?? new RewriteOptions());
        return output.ToArray();
    }

    /// <summary>Leaves the events of the ordinals in <paramref name="gone"/> out.</summary>
    public static Judge Without(params long[] gone) =>
        new() { Decide = (scoped in TraceEvent e, EventEdit _) => gone.Contains(e.Ordinal) ? Verdict.Drop : Verdict.Keep };

    /// <summary>Changes the event of ordinal 0.</summary>
    public static Judge Changed(Action<EventEdit> change) => new()
    {
        Decide = (scoped in TraceEvent e, EventEdit edit) =>
        {
            if (e.Ordinal != 0)
                return Verdict.Keep;
            change(edit);
            return Verdict.Change;
        },
    };
}
