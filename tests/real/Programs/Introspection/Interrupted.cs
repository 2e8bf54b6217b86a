using System.Runtime;
using System.Runtime.CompilerServices;

namespace Introspection;

/// <summary>Exceptions that come from outside: interrupted and aborted threads.</summary>
internal static class Interrupted
{
    public static void Run()
    {
        Report.Line("interrupted", InterruptedSleep());
        string aborted = "";
        var thread = new Thread(() => aborted = Aborted());
        thread.Start();
        thread.Join();
        Report.Line("aborted", aborted);
        Report.Line("abandoned lock", Locked());
    }

    private static string InterruptedSleep()
    {
        string result = "";
        var thread = new Thread(() =>
        {
            try
            {
                Forever();
            }
            catch (ThreadInterruptedException e)
            {
                result = e.ToString();
            }
        });
        thread.Start();
        thread.Interrupt();
        thread.Join();

        // How it came to wait is the framework's affair.
        return string.Join(" | ", result.Split('\n').Where(l => !l.Contains("System.Threading.Thread.", StringComparison.Ordinal)));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Forever() => Thread.Sleep(Timeout.Infinite);

    private static string Aborted()
    {
        using var source = new CancellationTokenSource(50);
        var said = new List<string>();
        try
        {
#pragma warning disable SYSLIB0046 // The one way that is left to abort a thread.
            ControlledExecution.Run(() => Wait(said), source.Token);
#pragma warning restore SYSLIB0046
            said.Add("not aborted");
        }
        catch (OperationCanceledException e)
        {
            said.Add(e.Message);
        }

        return string.Join(' ', said);
    }

    /// <summary>The runtime dies itself when a thread is aborted in a loop that only computes.</summary>
    private static void Wait(List<string> said)
    {
        try
        {
            while (true)
                Step();
        }
        finally
        {
            said.Add("finally");
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Step() => Thread.Sleep(1);

    private static string Locked()
    {
        var gate = new object();
        var thread = new Thread(() =>
        {
            try
            {
                lock (gate)
                    Throwing.Deep(0);
            }
            catch (InvalidOperationException)
            {
            }
        });
        thread.Start();
        thread.Join();
        return Monitor.TryEnter(gate) ? "free" : "held";
    }
}
