namespace VizTrace.EndToEnd.Tests.Harness;

/// <summary>Recordings that several tests of a class look at: each is made once. Not thread-safe, as a class's tests run one after another.</summary>
public sealed class SharedRecordings : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, Recording> _made = [];

    /// <summary>Records a program of <c>tests/Programs</c>, unless that was done before; fails when it did not end with code 0.</summary>
    internal Recording OfProgram(string program, string[] arguments, string path = "default", string ending = ".pftrace")
    {
        string key = string.Join('\0', [program, path, ending, .. arguments]);
        if (!_made.TryGetValue(key, out Recording? recording))
        {
            recording = Recording.OfProgram(_folder, program, arguments, path: path, ending: $"-{_made.Count}{ending}").Exits(0);
            _made.Add(key, recording);
        }

        return recording;
    }

    public void Dispose() => _folder.Dispose();
}
