using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace Stress;

/// <summary>Collectible contexts: modules come and go while others step.</summary>
internal static class Contexts
{
    private const int Parts = 10;

    /// <summary>Loads the plugin, runs it, drops it, again and again.</summary>
    public static void LoadAndUnload()
    {
        // It is built beside this program.
        string plugin = Path.Combine(AppContext.BaseDirectory.Replace("/Stress/", "/Plugin/", StringComparison.Ordinal), "Plugin.dll");
        Clock.Together(("loads", () => LoadAndRun(plugin)), ("steps", Step), ("collects", Collect));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void LoadAndRun(string path)
    {
        var context = new AssemblyLoadContext("plugin", isCollectible: true);
        Assembly assembly = context.LoadFromAssemblyPath(path);
        var run = assembly.GetType("Plugin.Work")!.GetMethod("Run")!.CreateDelegate<Func<int, int>>();
        run(Parts);
        Counted.PluginRan(Parts);
        context.Unload();
    }

    private static void Step()
    {
        Counted.Steps(5);
        Thread.Sleep(1);
    }

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Counted.Step(1);
    }
}
