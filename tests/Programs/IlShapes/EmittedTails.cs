using System.Reflection;
using System.Reflection.Emit;

namespace IlShapes.Emitted;

/// <summary>
/// <c>IlShapes.Emitted.Tails</c>: methods with a tail call that an exception leaves before they come to it, in every way, each with a
/// <c>Guard…</c> that catches and calls <c>After</c>. What stands inside what is asserted in IlShapesTests of the end-to-end project.
/// </summary>
internal sealed class EmittedTails
{
    private const string Prefix = "IlShapes.Emitted.Tails.";

    private static readonly MethodInfo s_hit = typeof(Calls).GetMethod(nameof(Calls.Hit), [typeof(string)])!;
    private static readonly ConstructorInfo s_exception = typeof(InvalidOperationException).GetConstructor([])!;

    private readonly TypeBuilder _type;
    private readonly MethodBuilder _after;
    private readonly MethodBuilder _maybe;

    private EmittedTails(ModuleBuilder module)
    {
        _type = module.DefineType("IlShapes.Emitted.Tails", TypeAttributes.Public | TypeAttributes.Abstract | TypeAttributes.Sealed);
        _after = Method("After");
        _maybe = Method("Maybe");
    }

    public static void Define(ModuleBuilder module)
    {
        var tails = new EmittedTails(module);
        tails.Callees();
        tails.Ways();
        tails.OnNull();
        tails.Inlinable();
        tails.Spilling();
        tails._type.CreateType();
    }

    /// <summary>After gives its argument back; Maybe throws when that is negative, else it goes on to After.</summary>
    private void Callees()
    {
        ILGenerator il = _after.GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ret);

        MethodBuilder throws = Method("Throws");
        il = throws.GetILGenerator();
        il.Emit(OpCodes.Newobj, s_exception);
        il.Emit(OpCodes.Throw);

        il = _maybe.GetILGenerator();
        Label fine = il.DefineLabel();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldc_I4_0);
        il.Emit(OpCodes.Bge, fine);
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Call, throws);
        il.Emit(OpCodes.Pop);
        il.MarkLabel(fine);
        il.Emit(OpCodes.Ldarg_0);
        TailCallAfter(il);
        Guard(_maybe);
    }

    private void Ways()
    {
        MethodBuilder deep = Method("Deep");
        ILGenerator il = deep.GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Call, _maybe);
        TailCallAfter(il);
        Guard(deep);

        // While an exception unwinds Cleans, its finally has another one thrown through a tail-calling method, and caught.
        MethodBuilder cleanup = Method("Cleanup");
        Try(cleanup, _maybe, tailCall: false, Catch);
        Guard(Try(Method("Cleans"), _maybe, tailCall: true, il => Finally(il, cleanup)));

        // The exception that unwinds Replaces is replaced by one out of its own finally.
        Guard(Try(Method("Replaces"), _maybe, tailCall: true, il => Finally(il, _maybe)));

        // One that is caught here is left only by its tail call.
        Guard(Try(Method("Catches"), _maybe, tailCall: true, Catch));
        Guard(Try(Method("Rethrows"), _maybe, tailCall: true, il =>
        {
            il.BeginCatchBlock(typeof(InvalidOperationException));
            il.Emit(OpCodes.Pop);
            il.Emit(OpCodes.Ldc_I4_1);
            il.Emit(OpCodes.Call, _after);
            il.Emit(OpCodes.Pop);
            il.Emit(OpCodes.Rethrow);
        }));

        // A filter that looks and says no, before anything is unwound.
        Guard(Try(Method("Filters"), _maybe, tailCall: true, il =>
        {
            il.BeginExceptFilterBlock();
            il.Emit(OpCodes.Pop);
            il.Emit(OpCodes.Ldc_I4_0);
            il.Emit(OpCodes.Call, _after);
            il.BeginCatchBlock(null!);
            il.Emit(OpCodes.Pop);
        }));
    }

    /// <summary>The leave is recorded before the call, and then it is this method's own frame that throws.</summary>
    private void OnNull()
    {
        MethodBuilder onNull = Method("OnNull");
        ILGenerator il = onNull.GetILGenerator();
        il.Emit(OpCodes.Ldnull);
        il.Emit(OpCodes.Tailcall);
        il.Emit(OpCodes.Callvirt, typeof(object).GetMethod(nameof(GetHashCode))!);
        il.Emit(OpCodes.Ret);

        // n > 0 ? Again(n - 1), not a tail call : OnNull's way; the outer frames are left by the exception.
        MethodBuilder again = Method("Again");
        il = again.GetILGenerator();
        Label end = il.DefineLabel();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldc_I4_0);
        il.Emit(OpCodes.Ble, end);
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldc_I4_1);
        il.Emit(OpCodes.Sub);
        il.Emit(OpCodes.Call, again);
        TailCallAfter(il);
        il.MarkLabel(end);
        il.Emit(OpCodes.Ldnull);
        il.Emit(OpCodes.Tailcall);
        il.Emit(OpCodes.Callvirt, typeof(object).GetMethod(nameof(GetHashCode))!);
        il.Emit(OpCodes.Ret);
        Guard(onNull);
        Guard(again);
    }

    /// <summary>Small enough to be inlined into its guard, which is compiled with all optimizations at once.</summary>
    private void Inlinable()
    {
        MethodBuilder small = _type.DefineMethod("Small", MethodAttributes.Public | MethodAttributes.Static, typeof(int), [typeof(int)]);
        small.SetImplementationFlags(MethodImplAttributes.AggressiveInlining);
        ILGenerator il = small.GetILGenerator();
        Label fine = il.DefineLabel();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldc_I4_0);
        il.Emit(OpCodes.Bge_S, fine);
        il.Emit(OpCodes.Newobj, s_exception);
        il.Emit(OpCodes.Throw);
        il.MarkLabel(fine);
        il.Emit(OpCodes.Ldarg_0);
        TailCallAfter(il);
        Guard(small);
    }

    /// <summary>
    /// The callee takes more arguments than there is room for where the caller's stand, so the call goes through the runtime's dispatcher: the
    /// caller is left, and its frame stays below the callee's. Of a positive argument Spills first calls itself, with one that throws, and catches.
    /// </summary>
    private void Spilling()
    {
        const int Arguments = 12;
        MethodBuilder wide = _type.DefineMethod(
            "Wide", MethodAttributes.Public | MethodAttributes.Static, typeof(int), [.. Enumerable.Repeat(typeof(int), Arguments)]);
        ILGenerator il = wide.GetILGenerator();
        il.Emit(OpCodes.Ldstr, Prefix + "Wide");
        il.Emit(OpCodes.Call, s_hit);
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Call, _maybe);
        il.Emit(OpCodes.Ret);

        MethodBuilder spills = Method("Spills");
        il = spills.GetILGenerator();
        Label negative = il.DefineLabel();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldc_I4_0);
        il.Emit(OpCodes.Ble, negative);
        il.BeginExceptionBlock();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Neg);
        il.Emit(OpCodes.Call, spills);
        il.Emit(OpCodes.Pop);
        Catch(il);
        il.EndExceptionBlock();
        il.MarkLabel(negative);
        for (int i = 0; i < Arguments; i++)
            il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Tailcall);
        il.Emit(OpCodes.Call, wide);
        il.Emit(OpCodes.Ret);
        Guard(spills);
    }

    private MethodBuilder Method(string name)
    {
        MethodBuilder method = _type.DefineMethod(name, MethodAttributes.Public | MethodAttributes.Static, typeof(int), [typeof(int)]);
        ILGenerator il = method.GetILGenerator();
        il.Emit(OpCodes.Ldstr, Prefix + name);
        il.Emit(OpCodes.Call, s_hit);
        return method;
    }

    private void Guard(MethodBuilder guarded)
    {
        MethodBuilder guard = Method("Guard" + guarded.Name);
        guard.SetImplementationFlags(MethodImplAttributes.AggressiveOptimization);
        Try(guard, guarded, tailCall: false, Catch);
    }

    /// <summary>try { result = callee(argument) } handler; then the result is returned, or After is called with it.</summary>
    private MethodBuilder Try(MethodBuilder method, MethodInfo callee, bool tailCall, Action<ILGenerator> handler)
    {
        ILGenerator il = method.GetILGenerator();
        LocalBuilder result = il.DeclareLocal(typeof(int));
        il.BeginExceptionBlock();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Call, callee);
        il.Emit(OpCodes.Stloc, result);
        handler(il);
        il.EndExceptionBlock();
        il.Emit(OpCodes.Ldloc, result);
        if (tailCall)
            TailCallAfter(il);
        else
            il.Emit(OpCodes.Ret);
        return method;
    }

    private void Catch(ILGenerator il)
    {
        il.BeginCatchBlock(typeof(Exception));
        il.Emit(OpCodes.Pop);
        il.Emit(OpCodes.Ldc_I4, 100);
        il.Emit(OpCodes.Call, _after);
        il.Emit(OpCodes.Pop);
    }

    private static void Finally(ILGenerator il, MethodInfo callee)
    {
        il.BeginFinallyBlock();
        il.Emit(OpCodes.Ldc_I4_M1);
        il.Emit(OpCodes.Call, callee);
        il.Emit(OpCodes.Pop);
    }

    private void TailCallAfter(ILGenerator il)
    {
        il.Emit(OpCodes.Tailcall);
        il.Emit(OpCodes.Call, _after);
        il.Emit(OpCodes.Ret);
    }
}
