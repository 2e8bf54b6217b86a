namespace MonitorThread;

/// <summary>Polls, and polls, and polls: most of what such a program calls, and nothing that anybody wants to see.</summary>
internal sealed class Watch(Job job)
{
    private const int Gauges = 20;
    private readonly ManualResetEventSlim _stop = new();
    private Thread? _thread;

    /// <summary>How often it has looked.</summary>
    public int Looks { get; private set; }

    /// <summary>Begins to look.</summary>
    public void Start()
    {
        _thread = new Thread(Poll) { Name = "Monitor" };
        _thread.Start();
    }

    /// <summary>Ends it.</summary>
    public void Stop()
    {
        _stop.Set();
        _thread!.Join();
    }

    private void Poll()
    {
        do
        {
            Look();
        }
        while (!_stop.Wait(2));
    }

    private void Look()
    {
        Looks++;
        for (int gauge = 0; gauge < Gauges; gauge++)
            _ = Read(gauge);
    }

    private int Read(int gauge) => job.Done * gauge;
}
