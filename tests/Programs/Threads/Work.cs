namespace Threads;

/// <summary>Something to record.</summary>
internal static class Work
{
    public static int Do(int times)
    {
        int sum = 0;
        for (int i = 0; i < times; i++)
            sum += Unit(i);
        return sum;
    }

    private static int Unit(int i) => i;
}

/// <summary>A thread that another one renames while it lives.</summary>
internal sealed class Bearer(ManualResetEventSlim started, ManualResetEventSlim renamed)
{
    public void Go()
    {
        Work.Do(1);
        started.Set();
        renamed.Wait();
        Work.Do(1);
    }
}
