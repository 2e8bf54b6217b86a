using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Runtime.CompilerServices;

namespace Introspection;

/// <summary>What reflection shows of methods that are being recorded.</summary>
internal static class Mirrors
{
    public static void Run()
    {
        Func<int, int> lambda = static x => x + 1;
        Action<string> group = Take;
        Report.Line("delegates", $"{lambda.Method.Name} {group.Method} {lambda.Method.DeclaringType!.Name} {group == Take}");
        MethodInfo ran = typeof(Mirrors).GetMethod(nameof(Body), BindingFlags.Static | BindingFlags.NonPublic)!;
        MethodInfo notRan = typeof(Mirrors).GetMethod(nameof(NeverCalled), BindingFlags.Static | BindingFlags.NonPublic)!;
        Report.Line("called", Body(3) + "");
        // Of a method that ran, reflection shows the body with the probes: the one difference that is known (README, Limits).
        Describe("body of a method that did not run", notRan);
        Report.Line("parameters", string.Join(' ', ran.GetParameters().Select(p => p.ToString())));
        foreach (MethodInfo method in typeof(Shown).GetMethods(BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            Report.Line("method", $"{method} {method.MetadataToken:x8} {method.Attributes} {method.MethodImplementationFlags} {string.Join(' ', method.GetCustomAttributesData())}");
        Report.Line("metadata", Rows());
        Report.Line("modules", string.Join(' ', typeof(Mirrors).Assembly.GetModules().Select(m => $"{m.Name} {m.MDStreamVersion} {m.GetTypes().Length}")));
        Report.Line("pointers", SamePointers());
    }

    private static void Describe(string name, MethodInfo method)
    {
        MethodBody body = method.GetMethodBody()!;
        Report.Line(name, string.Create(CultureInfo.InvariantCulture,
            $"{Convert.ToHexString(body.GetILAsByteArray()!)} stack {body.MaxStackSize} init {body.InitLocals} locals {string.Join(' ', body.LocalVariables)} signature {body.LocalSignatureMetadataToken:x8} clauses {string.Join(' ', body.ExceptionHandlingClauses)}"));
    }

    /// <summary>The metadata of the file, as any reader of the loaded image finds it.</summary>
    private static unsafe string Rows()
    {
        Trace.Assert(typeof(Mirrors).Assembly.TryGetRawMetadata(out byte* blob, out int length));
        var reader = new MetadataReader(blob, length);
        return $"{reader.MethodDefinitions.Count} {reader.TypeDefinitions.Count} {reader.GetTableRowCount(TableIndex.StandAloneSig)}";
    }

    private static unsafe string SamePointers()
    {
        delegate*<int, int> a = &Body, b = &Body;
        nint handle = typeof(Mirrors).GetMethod(nameof(Body), BindingFlags.Static | BindingFlags.NonPublic)!.MethodHandle.GetFunctionPointer();
        return $"{(nint)a == (nint)b} {(nint)a == handle} {a(4)}";
    }

    private static void Take(string text) => Report.Line("take", text);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Body(int value)
    {
        int[] values = [value, 2];
        try
        {
            return values[0] + values[1];
        }
        catch (IndexOutOfRangeException)
        {
            return -1;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string NeverCalled(string text) => text.Trim() + text.Length.ToString(CultureInfo.InvariantCulture);

    private sealed class Shown
    {
        public int Value { get; set; }

        [Conditional("DEBUG")]
        [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.NoOptimization)]
        internal void Marked() => Value++;

        [MethodImpl(MethodImplOptions.AggressiveInlining | MethodImplOptions.AggressiveOptimization)]
        internal static int Fast(int x) => x;

        [MethodImpl(MethodImplOptions.Synchronized)]
        internal void Locked() => Value--;
    }
}
