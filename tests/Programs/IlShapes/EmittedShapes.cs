using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace IlShapes.Emitted;

/// <summary>
/// What C# cannot say: written as an assembly into a folder of its own (removed at the end), loaded from there like any other, and again
/// into a collectible context.
/// </summary>
internal sealed class EmittedShapes : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ilshapes-").FullName;
    private readonly string _path;

    /// <summary>Writes the assembly, or takes a copy of one that is <paramref name="given"/>.</summary>
    public EmittedShapes(string? given)
    {
        _path = Path.Combine(_folder, "IlShapes.Emitted.dll");
        if (given is null)
            EmittedAssembly.Save(_path);
        else
            File.Copy(given, _path);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public IEnumerable<(string Name, string Result)> Run()
    {
        Type shapes = AssemblyLoadContext.GetLoadContext(typeof(Calls).Assembly)!.LoadFromAssemblyPath(_path).GetType("IlShapes.Emitted.Shapes", throwOnError: true)!;
        yield return ("emitted-tail", Text(Get<Func<int, long, long>>(shapes, "TailSum")(1_000_000, 0)));
        yield return ("emitted-tail-mutual", Text(Get<Func<int, bool>>(shapes, "TailEven")(100_001)));
        yield return ("emitted-tail-indirect", Text(Get<Func<Func<int, int>, int, int>>(shapes, "TailDelegate")(Negate, 5)));
        yield return ("emitted-tail-branched", Text(Get<Func<int, int>>(shapes, "TailOrNot")(0)) + Text(Get<Func<int, int>>(shapes, "TailOrNot")(3)));
        yield return ("emitted-tail-throws", Catch(() => Get<Func<int, int>>(shapes, "TailThrows")(1)));
        yield return ("emitted-jmp", Text(Get<Func<int, int>>(shapes, "Jump")(6)));
        yield return ("emitted-fault", Catch(() => Get<Func<int, int>>(shapes, "Fault")(0)) + Text(Get<Func<int, int>>(shapes, "Fault")(1)));
        yield return ("emitted-filter", Catch(() => Get<Func<int, int>>(shapes, "Filter")(0)) + Text(Get<Func<int, int>>(shapes, "Filter")(1)));
        yield return ("emitted-huge", Text(Get<Func<int, int>>(shapes, "Huge")(1)) + " " + Text(Get<Func<int, int>>(shapes, "Huge")(-1)));
        yield return ("emitted-throw-only", Catch(() => Get<Func<int, int>>(shapes, "ThrowOnly")(1)));
        yield return ("emitted-endless", Catch(() => Get<Func<int, int>>(shapes, "Endless")(50)));
        yield return ("emitted-branch-to-ret", Text(Get<Func<int, int>>(shapes, "BranchToRet")(0)) + Text(Get<Func<int, int>>(shapes, "BranchToRet")(1)));
        yield return ("emitted-branch-to-start", Text(Get<Func<int, int>>(shapes, "BranchToStart")(10)));
        yield return ("emitted-switch", Text(Get<Func<int, int>>(shapes, "Switch")(299)) + " " + Text(Get<Func<int, int>>(shapes, "Switch")(300)));
        yield return ("emitted-many-locals", Text(Get<Func<int, int>>(shapes, "ManyLocals")(4)));
        yield return ("emitted-many-returns", Text(Get<Func<int, int>>(shapes, "ManyReturns")(0)) + " " + Text(Get<Func<int, int>>(shapes, "ManyReturns")(99)));
        yield return ("emitted-prefixes", Text(Get<Func<int, int>>(shapes, "Prefixes")(21)));
        yield return ("emitted-narrow", Text(Get<Func<int, short>>(shapes, "Narrow")(0x12345)));
        yield return ("emitted-null-this", Catch(() => Get<Func<int, int>>(shapes, "NullThis")(1)));
        Type tails = shapes.Assembly.GetType("IlShapes.Emitted.Tails", throwOnError: true)!;
        foreach (string way in (string[])["Maybe", "Deep", "Cleans", "Replaces", "Catches", "Rethrows", "Filters", "OnNull", "Again", "Small", "Spills"])
        {
            Func<int, int> guard = Get<Func<int, int>>(tails, "Guard" + way);
            yield return ($"emitted-tail-{way}", Text(guard(-1)) + " " + Text(guard(5)) + " " + Text(guard(-1)));
        }

        foreach (string way in (string[])["Maybe", "Cleans"])
            yield return ($"emitted-tail-{way}-by-reflection", Reflected(tails.GetMethod(way)!));
    }

    /// <summary>Loads the assembly into a context that can be unloaded, calls into it, and waits until it is gone.</summary>
    public string RunCollectible()
    {
        string result = "";
        for (int round = 0; round < 3; round++)
        {
            WeakReference context = LoadAndCall(round, out int sum);
            for (int i = 0; i < 200 && context.IsAlive; i++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }

            result += $"{Text(sum)} {(context.IsAlive ? "alive" : "gone")} ";
        }

        return result.TrimEnd();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private WeakReference LoadAndCall(int round, out int sum)
    {
        var context = new Collectible();
        Type shapes = context.LoadFromAssemblyPath(_path).GetType("IlShapes.Emitted.Shapes", throwOnError: true)!;
        sum = Get<Func<int, int>>(shapes, "BranchToStart")(5) + Get<Func<int, int>>(shapes, "ManyReturns")(round);
        context.Unload();
        return new WeakReference(context);
    }

    /// <summary>Finds this program, which is not always in the default context (its own tests load it into another).</summary>
    private sealed class Collectible() : AssemblyLoadContext("collectible", isCollectible: true)
    {
        protected override Assembly? Load(AssemblyName assemblyName) =>
            assemblyName.Name == typeof(Calls).Assembly.GetName().Name ? typeof(Calls).Assembly : null;
    }

    /// <summary>Native frames stand between the method and who catches what comes out of it.</summary>
    private static string Reflected(MethodInfo method)
    {
        Calls.Hit("IlShapes.Emitted.EmittedShapes.Reflected");
        try
        {
            return Text((int)method.Invoke(null, [-1])!);
        }
        catch (TargetInvocationException e)
        {
            return AfterReflected(e.InnerException!);
        }
    }

    private static string AfterReflected(Exception e)
    {
        Calls.Hit("IlShapes.Emitted.EmittedShapes.AfterReflected");
        return e.GetType().Name;
    }

    private static int Negate(int value)
    {
        Calls.Hit("IlShapes.Emitted.EmittedShapes.Negate");
        return -value;
    }

    private static T Get<T>(Type type, string method)
        where T : Delegate => type.GetMethod(method, BindingFlags.Public | BindingFlags.Static)!.CreateDelegate<T>();

    private static string Text<T>(T value)
        where T : IConvertible => value.ToString(CultureInfo.InvariantCulture);

    private static string Catch(Func<int> function)
    {
        try
        {
            return Text(function());
        }
#pragma warning disable CA1031 // Whatever comes out is the result.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return $"{e.GetType().Name} ";
        }
    }
}
