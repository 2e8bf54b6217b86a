using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;

// Plug-ins in load contexts of their own, collectible ones too: that a context goes when it should is seen from weak references alone.
string path = Path.Combine(AppContext.BaseDirectory, "IsolatedPart.dll");
Console.WriteLine("kept " + Kept(path));
for (int round = 0; round < 20; round++)
{
    (WeakReference context, WeakReference part, string said) = Once(path, round);
    Collect(context);
    Console.WriteLine($"{round} {said} context {(context.IsAlive ? "alive" : "gone")} part {(part.IsAlive ? "alive" : "gone")}");
}

Console.WriteLine("from memory " + FromMemory(path));
Console.WriteLine("held " + Held(path));
Console.WriteLine("threads " + string.Join(' ', await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(() => OnThread(path, i))))));
Console.WriteLine(string.Join(' ', AssemblyLoadContext.All.Select(c => c.Name).Order()));
return 5;

static void Collect(WeakReference context)
{
    for (int i = 0; i < 100 && context.IsAlive; i++)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }
}

[MethodImpl(MethodImplOptions.NoInlining)]
static string Kept(string path) => Work(new AssemblyLoadContext("kept").LoadFromAssemblyPath(path), 2);

static string Work(Assembly assembly, int depth)
{
    Type type = assembly.GetType("IsolatedPart.Part", throwOnError: true)!;
    object part = Activator.CreateInstance(type)!;
    return (string)type.GetMethod("Work")!.Invoke(part, [depth])!;
}

[MethodImpl(MethodImplOptions.NoInlining)]
static (WeakReference Context, WeakReference Part, string Said) Once(string path, int round)
{
    var context = new AssemblyLoadContext("round", isCollectible: true);
    Assembly assembly = context.LoadFromAssemblyPath(path);
    Type type = assembly.GetType("IsolatedPart.Part", throwOnError: true)!;
    object part = Activator.CreateInstance(type)!;
    var work = type.GetMethod("Work")!.CreateDelegate<Func<int, string>>(part);
    string said = work(round % 3) + " " + work(0);
    try
    {
        type.GetMethod("Fail")!.CreateDelegate<Action<int>>()(round);
    }
    catch (InvalidOperationException e)
    {
        said += " " + e.Message + " " + e.StackTrace!.Split('\n')[0].Split(' ')[^1];
    }

    context.Unload();
    return (new WeakReference(context), new WeakReference(part), said);
}

static string FromMemory(string path)
{
    WeakReference context = LoadFromMemory(path, out string said);
    Collect(context);
    return said + (context.IsAlive ? " alive" : " gone");
}

[MethodImpl(MethodImplOptions.NoInlining)]
static WeakReference LoadFromMemory(string path, out string said)
{
    var context = new AssemblyLoadContext("memory", isCollectible: true);
    using var file = new MemoryStream(File.ReadAllBytes(path));
    said = Work(context.LoadFromStream(file), 1);
    context.Unload();
    return new WeakReference(context);
}

static string Held(string path)
{
    WeakReference context = LoadAndHold(path, out object part);
    for (int i = 0; i < 5; i++)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    string before = context.IsAlive ? "alive" : "gone";
    GC.KeepAlive(part);
    return before;
}

[MethodImpl(MethodImplOptions.NoInlining)]
static WeakReference LoadAndHold(string path, out object part)
{
    var context = new AssemblyLoadContext("held", isCollectible: true);
    part = Activator.CreateInstance(context.LoadFromAssemblyPath(path).GetType("IsolatedPart.Part", throwOnError: true)!)!;
    context.Unload();
    return new WeakReference(context);
}

static string OnThread(string path, int depth)
{
    WeakReference context = LoadOnThread(path, depth, out string said);
    Collect(context);
    return said.Split(' ')[0] + (context.IsAlive ? "alive" : "gone");
}

[MethodImpl(MethodImplOptions.NoInlining)]
static WeakReference LoadOnThread(string path, int depth, out string said)
{
    var context = new AssemblyLoadContext("thread", isCollectible: true);
    said = Work(context.LoadFromAssemblyPath(path), depth);
    context.Unload();
    return new WeakReference(context);
}
