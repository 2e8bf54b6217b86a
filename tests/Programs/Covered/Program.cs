using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;

namespace Covered;

/// <summary>
/// Has methods in every state in which a recording can find one; the first argument is the path of a plugin that is loaded from memory, a
/// second one has <see cref="Shapes.Thrice"/> called.
/// </summary>
internal static class Program
{
    private static async Task Main(string[] args)
    {
        int sum = Shapes.Area(2) + Shapes.Area(2, 3) + new Box<int>(5).Get() + Outer.Inner.Deep() + Shapes.Twice(1)[0];
        sum += new Dog().Speak() + await AnswerAsync() + Apply(x => x + 1) + Noise.Loud() + Other.Thing.Used() + (Native.Own() > 0 ? 1 : 0);
        sum += new Animal.Counted { Count = 4 }.Count;
        RuntimeHelpers.PrepareMethod(typeof(Program).GetMethod(nameof(Prepared), BindingFlags.NonPublic | BindingFlags.Static)!.MethodHandle);
        sum += FromMemory(args[0])(3) + Made()(3);
        if (args.Length > 1)
            sum += Shapes.Thrice(1)[0];
        Console.WriteLine($"sum {sum}");
    }

    /// <summary>Compiled, and never called.</summary>
    private static int Prepared() => 1;

    private static int NeverCalled() => Apply(x => x + 2);

    private static async Task<int> AnswerAsync()
    {
        await Task.Yield();
        return 42;
    }

    private static int Apply(Operation operation) => operation(1);

    private static Func<int, int> FromMemory(string path) =>
        Assembly.Load(File.ReadAllBytes(path)).GetType("Plugin.Work")!.GetMethod("Run")!.CreateDelegate<Func<int, int>>();

    /// <summary>A module that is made at run time.</summary>
    private static Func<int, int> Made()
    {
        var assembly = AssemblyBuilder.DefineDynamicAssembly(new AssemblyName("Made"), AssemblyBuilderAccess.Run);
        TypeBuilder type = assembly.DefineDynamicModule("Made").DefineType("Made.Calculator", TypeAttributes.Public);
        ILGenerator il = type.DefineMethod("Same", MethodAttributes.Public | MethodAttributes.Static, typeof(int), [typeof(int)]).GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ret);
        return type.CreateType().GetMethod("Same")!.CreateDelegate<Func<int, int>>();
    }
}
