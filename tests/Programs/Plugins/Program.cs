using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace Plugins;

/// <summary>Loads the same plugin into 20 collectible contexts, one after another, and waits until each is really unloaded.</summary>
internal static class Program
{
    private const int Loads = 20;

    private static int Main(string[] args)
    {
        string path = args[0];
        int calls = int.Parse(args[1]);
        int sum = 0, unloaded = 0;
        for (int i = 0; i < Loads; i++)
        {
            (int result, WeakReference context) = LoadAndRun(path, calls);
            sum += result;
            for (int attempt = 0; attempt < 50 && context.IsAlive; attempt++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }

            unloaded += context.IsAlive ? 0 : 1;
        }

        Console.WriteLine($"sum {sum} unloaded {unloaded}");
        return 0;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (int Result, WeakReference Context) LoadAndRun(string path, int calls)
    {
        var context = new AssemblyLoadContext("plugin", isCollectible: true);
        Assembly assembly = context.LoadFromAssemblyPath(path);
        var run = assembly.GetType("Plugin.Work")!.GetMethod("Run")!.CreateDelegate<Func<int, int>>();
        int result = run(calls);
        context.Unload();
        return (result, new WeakReference(context));
    }
}
