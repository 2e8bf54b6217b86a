using System.Diagnostics;
using System.Globalization;
using System.Linq.Expressions;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace Emitting;

/// <summary>Makes methods and types at run time.</summary>
internal static class Made
{
    /// <summary>Calls back, and adds two.</summary>
    public static Func<int, int> Method()
    {
        var method = new DynamicMethod("Doubling", typeof(int), [typeof(int)], typeof(Made));
        ILGenerator il = method.GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Call, typeof(Callbacks).GetMethod(nameof(Callbacks.Twice))!);
        il.Emit(OpCodes.Ldc_I4_2);
        il.Emit(OpCodes.Add);
        il.Emit(OpCodes.Ret);
        return method.CreateDelegate<Func<int, int>>();
    }

    /// <summary>The stack as seen from below a method made at run time.</summary>
    public static string Tracing()
    {
        var method = new DynamicMethod("Tracing", typeof(string), null, typeof(Made));
        ILGenerator il = method.GetILGenerator();
        il.Emit(OpCodes.Call, typeof(Callbacks).GetMethod(nameof(Callbacks.Stack))!);
        il.Emit(OpCodes.Ret);
        return method.CreateDelegate<Func<string>>()();
    }

    /// <summary>A filter that is the program's, around a call that throws for 0.</summary>
    public static Func<int, string> Filter()
    {
        var method = new DynamicMethod("Filtering", typeof(string), [typeof(int)], typeof(Made));
        ILGenerator il = method.GetILGenerator();
        LocalBuilder result = il.DeclareLocal(typeof(string));
        il.BeginExceptionBlock();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Call, typeof(Callbacks).GetMethod(nameof(Callbacks.Positive))!);
        il.Emit(OpCodes.Stloc, result);
        il.BeginExceptFilterBlock();
        il.Emit(OpCodes.Call, typeof(Callbacks).GetMethod(nameof(Callbacks.Wanted))!);
        il.BeginCatchBlock(null!);
        il.Emit(OpCodes.Callvirt, typeof(object).GetMethod(nameof(ToString))!);
        il.Emit(OpCodes.Stloc, result);
        il.EndExceptionBlock();
        il.Emit(OpCodes.Ldloc, result);
        il.Emit(OpCodes.Ret);
        return method.CreateDelegate<Func<int, string>>();
    }

    /// <summary>A type that derives from the program's own and overrides what that calls.</summary>
    public static string Emitted()
    {
        var assembly = AssemblyBuilder.DefineDynamicAssembly(new AssemblyName("Emitted"), AssemblyBuilderAccess.RunAndCollect);
        var worker = (Worker)Activator.CreateInstance(Derive(assembly.DefineDynamicModule("Emitted")))!;
        return worker.Run(3) + " " + worker.GetType().Assembly.GetName().Name;
    }

    /// <summary>The same out of a file's bytes: a module in memory, whose methods are recorded.</summary>
    public static string SavedAndLoaded()
    {
        var assembly = new PersistedAssemblyBuilder(new AssemblyName("Saved"), typeof(object).Assembly);
        Derive(assembly.DefineDynamicModule("Saved"));
        using var bytes = new MemoryStream();
        assembly.Save(bytes);
        bytes.Position = 0;
        Assembly loaded = AssemblyLoadContext.Default.LoadFromStream(bytes);
        var worker = (Worker)Activator.CreateInstance(loaded.GetType("Derived", throwOnError: true)!)!;
        return worker.Run(4) + " " + loaded.Location.Length;
    }

    public static Expression<Func<int, int>> Tree()
    {
        ParameterExpression n = Expression.Parameter(typeof(int), "n"), sum = Expression.Variable(typeof(int), "sum");
        LabelTarget done = Expression.Label(typeof(int));
        return Expression.Lambda<Func<int, int>>(
            Expression.Block(
                [sum],
                Expression.TryFinally(
                    Expression.Assign(sum, Expression.Call(typeof(Callbacks), nameof(Callbacks.Twice), null, n)),
                    Expression.Call(typeof(Callbacks), nameof(Callbacks.Note), null)),
                Expression.Loop(
                    Expression.IfThenElse(
                        Expression.GreaterThan(n, Expression.Constant(0)),
                        Expression.AddAssign(sum, Expression.PostDecrementAssign(n)),
                        Expression.Break(done, sum)),
                    done)),
            "Looping",
            [n]);
    }

    public static Func<int, int> Compiled() => Tree().Compile();

    private static Type Derive(ModuleBuilder module)
    {
        TypeBuilder type = module.DefineType("Derived", TypeAttributes.Public, typeof(Worker));
        MethodBuilder step = type.DefineMethod("Step", MethodAttributes.Public | MethodAttributes.Virtual, typeof(int), [typeof(int)]);
        ILGenerator il = step.GetILGenerator();
        Label again = il.DefineLabel();
        il.Emit(OpCodes.Ldarg_1);
        il.MarkLabel(again);
        il.Emit(OpCodes.Call, typeof(Callbacks).GetMethod(nameof(Callbacks.Twice))!);
        il.Emit(OpCodes.Dup);
        il.Emit(OpCodes.Ldc_I4, 50);
        il.Emit(OpCodes.Blt, again);
        il.Emit(OpCodes.Ret);
        type.DefineMethodOverride(step, typeof(Worker).GetMethod("Step")!);
        return type.CreateType();
    }
}

/// <summary>What types that are made at run time derive from.</summary>
public abstract class Worker
{
    public abstract int Step(int value);

    // Not the number of frames: optimized code has fewer, and of those the tracer leaves more.
    [MethodImpl(MethodImplOptions.NoInlining)]
    public string Run(int value) => Step(value).ToString(CultureInfo.InvariantCulture) + new StackTrace().GetFrame(0)!.GetMethod()!.Name;
}
