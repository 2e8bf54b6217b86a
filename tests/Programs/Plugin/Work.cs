namespace Plugin;

/// <summary>What the host calls through a delegate: <see cref="Run"/> calls <see cref="Part"/> as often as it is told.</summary>
public static class Work
{
    public static int Run(int times)
    {
        int sum = 0;
        for (int i = 0; i < times; i++)
            sum += Part(i);
        return sum;
    }

    private static int Part(int i) => i & 3;
}
