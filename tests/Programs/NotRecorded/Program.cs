using System.Linq.Expressions;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.Loader;

namespace NotRecorded;

/// <summary>Calls methods that a recorder leaves as they are, each once, and two of its own. Nothing is called through reflection, which makes methods itself.</summary>
internal static class Program
{
    private const int MostLocals = 65_534;

    private static void Main()
    {
        Console.WriteLine($"twice {Twice()(21)}");
        Console.WriteLine($"lambda {Lambda()(5)}");
        Console.WriteLine($"made {Made()(7)}");
        Console.WriteLine($"large {Large()("text")}");
        Console.WriteLine($"own {Own(1)}");
    }

    private static int Own(int value) => value + 1;

    private static Func<int, int> Twice()
    {
        var method = new DynamicMethod("Twice", typeof(int), [typeof(int)], typeof(Program).Module);
        ILGenerator il = method.GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldc_I4_2);
        il.Emit(OpCodes.Mul);
        il.Emit(OpCodes.Ret);
        return method.CreateDelegate<Func<int, int>>();
    }

    private static Func<int, int> Lambda()
    {
        ParameterExpression value = Expression.Parameter(typeof(int));
        return Expression.Lambda<Func<int, int>>(Expression.Add(value, Expression.Constant(3)), value).Compile(preferInterpretation: false);
    }

    private static Func<int, int> Made()
    {
        var assembly = AssemblyBuilder.DefineDynamicAssembly(new AssemblyName("Made"), AssemblyBuilderAccess.RunAndCollect);
        TypeBuilder type = assembly.DefineDynamicModule("Made").DefineType("Made.Calculator", TypeAttributes.Public);
        ILGenerator il = type.DefineMethod("Square", MethodAttributes.Public | MethodAttributes.Static, typeof(int), [typeof(int)]).GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Mul);
        il.Emit(OpCodes.Ret);
        return type.CreateType().GetMethod("Square")!.CreateDelegate<Func<int, int>>();
    }

    /// <summary>A method of an ordinary assembly with as many locals as there can be, and none of the type of its result.</summary>
    private static Func<string, string> Large()
    {
        var assembly = new PersistedAssemblyBuilder(new AssemblyName("Large"), typeof(object).Assembly);
        TypeBuilder type = assembly.DefineDynamicModule("Large").DefineType("Large.Text", TypeAttributes.Public);
        ILGenerator il = type.DefineMethod("Trimmed", MethodAttributes.Public | MethodAttributes.Static, typeof(string), [typeof(string)]).GetILGenerator();
        for (int i = 0; i < MostLocals; i++)
            il.DeclareLocal(typeof(int));
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Callvirt, typeof(string).GetMethod(nameof(string.Trim), [])!);
        il.Emit(OpCodes.Ret);
        type.CreateType();
        string folder = Directory.CreateTempSubdirectory("notrecorded-").FullName;
        try
        {
            string path = Path.Combine(folder, "Large.dll");
            assembly.Save(path);
            return AssemblyLoadContext.Default.LoadFromAssemblyPath(path).GetType("Large.Text")!.GetMethod("Trimmed")!.CreateDelegate<Func<string, string>>();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
