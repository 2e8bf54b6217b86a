using System.Reflection;
using System.Reflection.Emit;

namespace IlShapes.Emitted;

/// <summary>Writes <c>IlShapes.Emitted.dll</c>: one public static method per shape, in <c>IlShapes.Emitted.Shapes</c>.</summary>
internal static class EmittedAssembly
{
    private const string Prefix = "IlShapes.Emitted.Shapes.";

    private static readonly MethodInfo s_hit = typeof(Calls).GetMethod(nameof(Calls.Hit), [typeof(string)])!;
    private static readonly ConstructorInfo s_exception = typeof(InvalidOperationException).GetConstructor([])!;

    public static void Save(string path)
    {
        var assembly = new PersistedAssemblyBuilder(new AssemblyName("IlShapes.Emitted"), typeof(object).Assembly);
        ModuleBuilder module = assembly.DefineDynamicModule("IlShapes.Emitted");
        TypeBuilder shapes = module.DefineType("IlShapes.Emitted.Shapes", TypeAttributes.Public | TypeAttributes.Abstract | TypeAttributes.Sealed);
        MethodBuilder branchToRet = Method(shapes, "BranchToRet", typeof(int), typeof(int));
        MethodBuilder throwOnly = Method(shapes, "ThrowOnly", typeof(int), typeof(int));
        TailCalls(shapes, branchToRet, throwOnly);
        Jump(shapes);
        Regions(shapes);
        Sizes(shapes);
        Branches(shapes, branchToRet, throwOnly);
        Oddities(module, shapes);
        shapes.CreateType();
        EmittedTails.Define(module);
        assembly.Save(path);
    }

    private static MethodBuilder Method(TypeBuilder type, string name, Type result, params Type[] parameters)
    {
        MethodBuilder method = type.DefineMethod(name, MethodAttributes.Public | MethodAttributes.Static, result, parameters);
        Hit(method.GetILGenerator(), Prefix + name);
        return method;
    }

    private static void Hit(ILGenerator il, string name)
    {
        il.Emit(OpCodes.Ldstr, name);
        il.Emit(OpCodes.Call, s_hit);
    }

    private static void TailCalls(TypeBuilder type, MethodInfo branchToRet, MethodInfo throwOnly)
    {
        // n == 0 ? sum : tail. TailSum(n - 1, sum + n)
        MethodBuilder sum = Method(type, "TailSum", typeof(long), typeof(int), typeof(long));
        ILGenerator il = sum.GetILGenerator();
        Label more = il.DefineLabel();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Brtrue_S, more);
        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Ret);
        il.MarkLabel(more);
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldc_I4_1);
        il.Emit(OpCodes.Sub);
        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Conv_I8);
        il.Emit(OpCodes.Add);
        il.Emit(OpCodes.Tailcall);
        il.Emit(OpCodes.Call, sum);
        il.Emit(OpCodes.Ret);

        MethodBuilder even = Method(type, "TailEven", typeof(bool), typeof(int));
        MethodBuilder odd = Method(type, "TailOdd", typeof(bool), typeof(int));
        Parity(even.GetILGenerator(), odd, atZero: OpCodes.Ldc_I4_1);
        Parity(odd.GetILGenerator(), even, atZero: OpCodes.Ldc_I4_0);

        il = Method(type, "TailDelegate", typeof(int), typeof(Func<int, int>), typeof(int)).GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Tailcall);
        il.Emit(OpCodes.Callvirt, typeof(Func<int, int>).GetMethod("Invoke")!);
        il.Emit(OpCodes.Ret);

        // The ret behind the tail call is also where another branch goes, with its result on the stack.
        il = Method(type, "TailOrNot", typeof(int), typeof(int)).GetILGenerator();
        Label end = il.DefineLabel();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Brfalse, end);
        il.Emit(OpCodes.Pop);
        il.Emit(OpCodes.Ldc_I4_0);
        il.Emit(OpCodes.Tailcall);
        il.Emit(OpCodes.Call, branchToRet);
        il.MarkLabel(end);
        il.Emit(OpCodes.Ret);

        il = Method(type, "TailThrows", typeof(int), typeof(int)).GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Tailcall);
        il.Emit(OpCodes.Call, throwOnly);
        il.Emit(OpCodes.Ret);
    }

    private static void Parity(ILGenerator il, MethodInfo other, OpCode atZero)
    {
        Label more = il.DefineLabel();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Brtrue_S, more);
        il.Emit(atZero);
        il.Emit(OpCodes.Ret);
        il.MarkLabel(more);
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldc_I4_1);
        il.Emit(OpCodes.Sub);
        il.Emit(OpCodes.Tailcall);
        il.Emit(OpCodes.Call, other);
        il.Emit(OpCodes.Ret);
    }

    private static void Jump(TypeBuilder type)
    {
        MethodBuilder target = Method(type, "JumpTarget", typeof(int), typeof(int));
        ILGenerator il = target.GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldc_I4_7);
        il.Emit(OpCodes.Mul);
        il.Emit(OpCodes.Ret);

        il = Method(type, "Jump", typeof(int), typeof(int)).GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldc_I4_1);
        il.Emit(OpCodes.Add);
        il.Emit(OpCodes.Starg_S, (byte)0);
        il.Emit(OpCodes.Jmp, target);
    }

    private static void Regions(TypeBuilder type)
    {
        MethodBuilder handler = Method(type, "InFault", typeof(void));
        handler.GetILGenerator().Emit(OpCodes.Ret);
        MethodBuilder fault = Method(type, "Fault", typeof(int), typeof(int));
        ILGenerator il = fault.GetILGenerator();
        LocalBuilder result = il.DeclareLocal(typeof(int));
        il.BeginExceptionBlock();
        il.Emit(OpCodes.Ldc_I4, 100);
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Div);
        il.Emit(OpCodes.Stloc, result);
        il.BeginFaultBlock();
        il.Emit(OpCodes.Call, handler);
        il.EndExceptionBlock();
        il.Emit(OpCodes.Ldloc, result);
        il.Emit(OpCodes.Ret);

        // The filter lets DivideByZeroException pass, and the fault inside it runs in the second pass.
        il = Method(type, "Filter", typeof(int), typeof(int)).GetILGenerator();
        result = il.DeclareLocal(typeof(int));
        il.BeginExceptionBlock();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Call, fault);
        il.Emit(OpCodes.Stloc, result);
        il.BeginExceptFilterBlock();
        il.Emit(OpCodes.Isinst, typeof(InvalidOperationException));
        il.Emit(OpCodes.Ldnull);
        il.Emit(OpCodes.Cgt_Un);
        il.BeginCatchBlock(null!);
        il.Emit(OpCodes.Pop);
        il.EndExceptionBlock();
        il.Emit(OpCodes.Ldloc, result);
        il.Emit(OpCodes.Ret);
    }

    private static void Sizes(TypeBuilder type)
    {
        const int Additions = 12_000, Locals = 300, Returns = 100, Cases = 300;
        ILGenerator il = Method(type, "Huge", typeof(int), typeof(int)).GetILGenerator();
        Label end = il.DefineLabel();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldc_I4_0);
        il.Emit(OpCodes.Blt, end);
        for (int i = 0; i < Additions; i++)
        {
            il.Emit(OpCodes.Ldarg_0);
            il.Emit(OpCodes.Ldc_I4, i);
            il.Emit(OpCodes.Xor);
            il.Emit(OpCodes.Starg_S, (byte)0);
        }

        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ret);
        il.MarkLabel(end);
        il.Emit(OpCodes.Ldc_I4_M1);
        il.Emit(OpCodes.Ret);

        il = Method(type, "ManyLocals", typeof(int), typeof(int)).GetILGenerator();
        LocalBuilder[] locals = [.. Enumerable.Range(0, Locals).Select(_ => il.DeclareLocal(typeof(int)))];
        for (int i = 0; i < Locals; i++)
        {
            il.Emit(OpCodes.Ldarg_0);
            il.Emit(OpCodes.Ldc_I4, i);
            il.Emit(OpCodes.Add);
            il.Emit(OpCodes.Stloc, locals[i]);
        }

        il.Emit(OpCodes.Ldloc, locals[0]);
        il.Emit(OpCodes.Ldloc, locals[Locals - 1]);
        il.Emit(OpCodes.Add);
        il.Emit(OpCodes.Ret);

        // Long branches only: the writer of .NET 10 sets short ones wrongly in methods as long as this one.
        il = Method(type, "ManyReturns", typeof(int), typeof(int)).GetILGenerator();
        for (int i = 0; i < Returns; i++)
        {
            Label next = il.DefineLabel();
            il.Emit(OpCodes.Ldarg_0);
            il.Emit(OpCodes.Ldc_I4, i);
            il.Emit(OpCodes.Bne_Un, next);
            il.Emit(OpCodes.Ldc_I4, i * 3);
            il.Emit(OpCodes.Ret);
            il.MarkLabel(next);
        }

        il.Emit(OpCodes.Ldc_I4_M1);
        il.Emit(OpCodes.Ret);

        il = Method(type, "Switch", typeof(int), typeof(int)).GetILGenerator();
        Label[] cases = [.. Enumerable.Range(0, Cases).Select(_ => il.DefineLabel())];
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Switch, cases);
        il.Emit(OpCodes.Ldc_I4_M1);
        il.Emit(OpCodes.Ret);
        for (int i = 0; i < Cases; i++)
        {
            il.MarkLabel(cases[i]);
            il.Emit(OpCodes.Ldc_I4, i * 2);
            il.Emit(OpCodes.Ret);
        }
    }

    private static void Branches(TypeBuilder type, MethodBuilder branchToRet, MethodBuilder throwOnly)
    {
        // arg ? 8 : 9, both left on the stack for one ret.
        ILGenerator il = branchToRet.GetILGenerator();
        Label other = il.DefineLabel(), end = il.DefineLabel();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Brfalse_S, other);
        il.Emit(OpCodes.Ldc_I4_8);
        il.Emit(OpCodes.Br_S, end);
        il.MarkLabel(other);
        il.Emit(OpCodes.Ldc_I4, 9);
        il.MarkLabel(end);
        il.Emit(OpCodes.Ret);

        // The first instruction is the loop's head. What counts the call is behind the loop.
        MethodBuilder start = type.DefineMethod("BranchToStart", MethodAttributes.Public | MethodAttributes.Static, typeof(int), [typeof(int)]);
        il = start.GetILGenerator();
        Label head = il.DefineLabel();
        il.MarkLabel(head);
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldc_I4_3);
        il.Emit(OpCodes.Sub);
        il.Emit(OpCodes.Starg_S, (byte)0);
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldc_I4_0);
        il.Emit(OpCodes.Bgt_S, head);
        Hit(il, Prefix + "BranchToStart");
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ret);

        il = throwOnly.GetILGenerator();
        il.Emit(OpCodes.Newobj, s_exception);
        il.Emit(OpCodes.Throw);

        MethodBuilder step = Method(type, "EndlessStep", typeof(int), typeof(int));
        il = step.GetILGenerator();
        Label more = il.DefineLabel();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Brtrue_S, more);
        il.Emit(OpCodes.Newobj, s_exception);
        il.Emit(OpCodes.Throw);
        il.MarkLabel(more);
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldc_I4_1);
        il.Emit(OpCodes.Sub);
        il.Emit(OpCodes.Ret);

        // No ret at all; only the exception of the callee ends it.
        il = Method(type, "Endless", typeof(int), typeof(int)).GetILGenerator();
        head = il.DefineLabel();
        il.MarkLabel(head);
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Call, step);
        il.Emit(OpCodes.Starg_S, (byte)0);
        il.Emit(OpCodes.Br_S, head);
    }

    private static void Oddities(ModuleBuilder module, TypeBuilder type)
    {
        // constrained., volatile., unaligned. and readonly., one of them where a branch leads.
        ILGenerator il = Method(type, "Prefixes", typeof(int), typeof(int)).GetILGenerator();
        Label call = il.DefineLabel();
        LocalBuilder array = il.DeclareLocal(typeof(int[]));
        il.Emit(OpCodes.Ldc_I4_1);
        il.Emit(OpCodes.Newarr, typeof(int));
        il.Emit(OpCodes.Stloc, array);
        il.Emit(OpCodes.Ldloc, array);
        il.Emit(OpCodes.Ldc_I4_0);
        il.Emit(OpCodes.Readonly);
        il.Emit(OpCodes.Ldelema, typeof(int));
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Unaligned, (byte)1);
        il.Emit(OpCodes.Volatile);
        il.Emit(OpCodes.Stind_I4);
        il.Emit(OpCodes.Ldloc, array);
        il.Emit(OpCodes.Ldc_I4_0);
        il.Emit(OpCodes.Ldelema, typeof(int));
        il.Emit(OpCodes.Br_S, call);
        il.MarkLabel(call);
        il.Emit(OpCodes.Constrained, typeof(int));
        il.Emit(OpCodes.Callvirt, typeof(object).GetMethod(nameof(GetHashCode))!);
        il.Emit(OpCodes.Ret);

        // A result wider than its type is cut by the return.
        il = Method(type, "Narrow", typeof(short), typeof(int)).GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ret);

        // An instance method called on null reaches its own body: the bare getter is entered, and the exception leaves it.
        TypeBuilder holder = module.DefineType("IlShapes.Emitted.Holder", TypeAttributes.Public);
        FieldBuilder field = holder.DefineField("_value", typeof(int), FieldAttributes.Private);
        holder.DefineDefaultConstructor(MethodAttributes.Public);
        MethodBuilder getter = holder.DefineMethod("get_Value", MethodAttributes.Public, typeof(int), []);
        il = getter.GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldfld, field);
        il.Emit(OpCodes.Ret);
        holder.CreateType();
        il = Method(type, "NullThis", typeof(int), typeof(int)).GetILGenerator();
        Hit(il, "IlShapes.Emitted.Holder.get_Value");
        il.Emit(OpCodes.Ldnull);
        il.Emit(OpCodes.Call, getter);
        il.Emit(OpCodes.Ret);
    }
}
