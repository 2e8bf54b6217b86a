namespace Counting;

/// <summary>One thread's work.</summary>
internal sealed class Worker
{
    private readonly Thread _thread;
    private readonly int _rounds;
    private long _sum;

    public Worker(string name, int rounds)
    {
        _rounds = rounds;
        _thread = new Thread(Run) { Name = name };
    }

    public void Start() => _thread.Start();

    public long Join()
    {
        _thread.Join();
        return _sum;
    }

    private void Run()
    {
        for (int i = 0; i < _rounds; i++)
            Round(i);
    }

    private void Round(int i)
    {
        _sum += Tree.Walk(6);
        _sum += Hot.Loop(3000);
        _sum += Generics.Run(50);
        _sum += Dispatch.Run(40);
        _sum += Members.Run(30);
        _sum += i;
    }
}
