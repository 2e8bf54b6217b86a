using System.Reflection;
using VizTrace.Records;
using Xunit;

namespace VizTrace.Profiler.Tests.Naming;

public class ReadableNameTests
{
    [Theory]
    // Plain.
    [InlineData("Shop.Cart", "Add", "", "", "Shop.Cart.Add")]
    [InlineData("Shop.Cart", ".ctor", "", "", "Shop.Cart..ctor")]
    [InlineData("Shop.Cart", ".cctor", "", "", "Shop.Cart..cctor")]
    [InlineData("Shop.Cart", "get_Count", "", "", "Shop.Cart.get_Count")]
    [InlineData("Shop.Cart", "op_Addition", "", "", "Shop.Cart.op_Addition")]
    [InlineData("Cart", "Finalize", "", "", "Cart.Finalize")]
    // Nesting and generics.
    [InlineData("Shop.Cart+Item", "Add", "", "", "Shop.Cart.Item.Add")]
    [InlineData("Shop.List`1", "Add", "T", "", "Shop.List<T>.Add")]
    [InlineData("Shop.Map`2", ".ctor", "TKey,TValue", "", "Shop.Map<TKey,TValue>..ctor")]
    [InlineData("Shop.List`1+Node", "Add", "T", "", "Shop.List<T>.Node.Add")]
    [InlineData("Shop.List`1+Node`2", "Add", "T,U,V", "W", "Shop.List<T>.Node<U,V>.Add<W>")]
    [InlineData("Shop.Cart", "Map", "", "T", "Shop.Cart.Map<T>")]
    [InlineData("Shop.List`1", "Add", "", "", "Shop.List`1.Add")]
    // State machines.
    [InlineData("Shop.CartService+<AddAsync>d__7", "MoveNext", "", "", "Shop.CartService.AddAsync")]
    [InlineData("Shop.CartService+<AddAsync>d__7", "SetStateMachine", "", "", "Shop.CartService.AddAsync.SetStateMachine")]
    [InlineData("Shop.CartService+<AddAsync>d__7#1", "MoveNext", "", "", "Shop.CartService.AddAsync")]
    [InlineData("Shop.CartService+<AddAsync>d__7`1", "MoveNext", "T", "", "Shop.CartService.AddAsync<T>")]
    [InlineData("Shop.List`1+<AddAsync>d__7`1", "MoveNext", "T,U", "", "Shop.List<T>.AddAsync<U>")]
    [InlineData("Shop.Cart+<Items>d__3", "MoveNext", "", "", "Shop.Cart.Items")]
    [InlineData("Shop.Cart+<Items>d__3", "System.IDisposable.Dispose", "", "", "Shop.Cart.Items.IDisposable.Dispose")]
    [InlineData("Shop.Cart+<Items>d__3", "System.Collections.Generic.IEnumerator<System.Int32>.get_Current", "", "",
        "Shop.Cart.Items.IEnumerator<System.Int32>.get_Current")]
    [InlineData("Shop.Cart+<Items>d__3", "<>m__Finally1", "", "", "Shop.Cart.Items.finally#1")]
    [InlineData("Shop.Cart+<System-Collections-Generic-IEnumerable<T>-GetEnumerator>d__4`1", "MoveNext", "T", "",
        "Shop.Cart.IEnumerable<T>.GetEnumerator<T>")]
    [InlineData("Shop.Cart+<System-Collections-Generic-IEnumerable<System-Int32>-GetEnumerator>d__4", "MoveNext", "", "",
        "Shop.Cart.IEnumerable<System.Int32>.GetEnumerator")]
    // Lambdas.
    [InlineData("Shop.Cart+<>c", "<Add>b__3_0", "", "", "Shop.Cart.Add.lambda#3_0")]
    [InlineData("Shop.Cart+<>c", "<Add>b__3_1#2", "", "", "Shop.Cart.Add.lambda#3_1#2")]
    [InlineData("Shop.Cart+<>c__DisplayClass3_0", "<Add>b__0", "", "", "Shop.Cart.Add.lambda#3_0")]
    [InlineData("Shop.Cart+<>c__DisplayClass3_1", "<Add>b__1", "", "", "Shop.Cart.Add.lambda#3_1")]
    [InlineData("Shop.Cart+<>c__5`1", "<Map>b__5_0", "T", "", "Shop.Cart.Map<T>.lambda#5_0")]
    [InlineData("Shop.List`1+<>c__DisplayClass5_0`1", "<Map>b__0", "T,U", "", "Shop.List<T>.Map<U>.lambda#5_0")]
    [InlineData("Shop.Cart", "<Add>b__3_0", "", "", "Shop.Cart.Add.lambda#3_0")]
    [InlineData("Shop.Cart+<>c", "<.ctor>b__0_0", "", "", "Shop.Cart..ctor.lambda#0_0")]
    [InlineData("Shop.Cart+<>c", "<get_Count>b__1_0", "", "", "Shop.Cart.get_Count.lambda#1_0")]
    [InlineData("Shop.Cart+<>c+<<Add>b__3_0>d", "MoveNext", "", "", "Shop.Cart.Add.lambda#3_0")]
    [InlineData("Shop.Cart+<>c__DisplayClass3_0+<<Add>b__0>d", "MoveNext", "", "", "Shop.Cart.Add.lambda#3_0")]
    [InlineData("Shop.Cart+<>c", ".cctor", "", "", "Shop.Cart.closure..cctor")]
    [InlineData("Shop.Cart+<>c__DisplayClass3_0", ".ctor", "", "", "Shop.Cart.closure..ctor")]
    // Local functions.
    [InlineData("Shop.Cart", "<Add>g__Check|3_0", "", "", "Shop.Cart.Add.Check")]
    [InlineData("Shop.Cart", "<Add>g__Check|3_0", "", "T", "Shop.Cart.Add.Check<T>")]
    [InlineData("Shop.Cart+<>c__DisplayClass3_0", "<Add>g__Check|0", "", "", "Shop.Cart.Add.Check")]
    [InlineData("Shop.Cart+<<Add>g__Check|3_0>d", "MoveNext", "", "", "Shop.Cart.Add.Check")]
    [InlineData("Shop.Cart+<<Add>g__Check|3_0>d`1", "MoveNext", "T", "", "Shop.Cart.Add.Check<T>")]
    // Explicit implementations.
    [InlineData("Shop.Cart", "System.IDisposable.Dispose", "", "", "Shop.Cart.IDisposable.Dispose")]
    [InlineData("Shop.Cart", "System.Collections.Generic.IEnumerable<System.Collections.Generic.List<int>>.GetEnumerator", "", "",
        "Shop.Cart.IEnumerable<System.Collections.Generic.List<int>>.GetEnumerator")]
    [InlineData("Shop.Cart", "IShort.Do", "", "", "Shop.Cart.IShort.Do")]
    // Top-level statements.
    [InlineData("Program", "<Main>$", "", "", "Program.Main")]
    [InlineData("Program", "<Main>", "", "", "Program.Main")]
    [InlineData("<Program>$", "<Main>$", "", "", "Program.Main")]
    [InlineData("Program+<>c", "<<Main>$>b__0_0", "", "", "Program.Main.lambda#0_0")]
    [InlineData("Program", "<<Main>$>g__Twice|0_1", "", "", "Program.Main.Twice")]
    [InlineData("Program+<<Main>$>d__0", "MoveNext", "", "", "Program.Main")]
    [InlineData("Program+<<<Main>$>g__Twice|0_1>d", "MoveNext", "", "", "Program.Main.Twice")]
    // Other things the C# compiler makes.
    [InlineData("Shop.Item", "<Clone>$", "", "", "Shop.Item.Clone")]
    [InlineData("<>f__AnonymousType0`2", "get_Name", "<Name>j__TPar,<Age>j__TPar", "", "AnonymousType#0.get_Name")]
    [InlineData("Shop.<Cart>F0123456789ABCDEF__Hidden", "Add", "", "", "Shop.Hidden.Add")]
    [InlineData("<Module>", ".cctor", "", "", "<Module>..cctor")]
    [InlineData("<PrivateImplementationDetails>", "ComputeStringHash", "", "", "<PrivateImplementationDetails>.ComputeStringHash")]
    [InlineData("Shop.Cart", "<>n__0", "", "", "Shop.Cart.<>n__0")]
    // F#.
    [InlineData("Shop.Cart+clo@12", "Invoke", "", "", "Shop.Cart.closure@12")]
    [InlineData("Shop.Cart+clo@12-1", "Invoke", "", "", "Shop.Cart.closure@12-1")]
    [InlineData("Shop.Cart+total@7", "Invoke", "", "", "Shop.Cart.total@7")]
    [InlineData("Shop.Cart+total@7`1", "Invoke", "a", "", "Shop.Cart.total@7<a>")]
    [InlineData("Shop.Cart+numbers@9", "GenerateNext", "", "", "Shop.Cart.numbers@9")]
    [InlineData("Shop.Cart+total@7", ".ctor", "", "", "Shop.Cart.total@7..ctor")]
    [InlineData("<StartupCode$Shop>.$Program", "main@", "", "", "<StartupCode$Shop>.$Program.main@")]
    // Visual Basic.
    [InlineData("Shop.Cart+VB$StateMachine_3_AddAsync", "MoveNext", "", "", "Shop.Cart.AddAsync")]
    [InlineData("Shop.Cart+_Closure$__3-0", "_Lambda$__0", "", "", "Shop.Cart.closure#3-0.lambda#0")]
    [InlineData("Shop.Cart+_Closure$__", "_Lambda$__3-0", "", "", "Shop.Cart.closure#.lambda#3-0")]
    // Damage.
    [InlineData("", "", "", "", ".")]
    [InlineData("<", "<<", "", "", "<.<<")]
    [InlineData("A+", "<>", "", "", "A..<>")]
    [InlineData("A`", "`", "", "", "A`.`")]
    [InlineData("A`99999999999", "x", "T", "", "A`99999999999.x")]
    public void NameIsTheProgrammers(string type, string method, string typeParameters, string methodParameters, string expected) =>
        Assert.Equal(expected, ReadableName.Of(type, method, typeParameters, methodParameters));

    [Fact]
    public void LongNamesAreWhole()
    {
        string part = new('x', 3000);
        Assert.Equal($"{part}.{part}.{part}<{part}>", ReadableName.Of($"{part}+{part}", part, "", part));
    }

    /// <summary>The installed compiler's own names, whatever they are today.</summary>
    [Fact]
    public void NamesThatTheCompilerMadeReadAsInTheSource()
    {
        string[] names = [.. typeof(ReadableNameTests).Assembly.GetTypes()
            .Where(t => t.FullName!.StartsWith("VizTrace.Profiler.Tests.Naming.Samples.", StringComparison.Ordinal))
            .SelectMany(t => t.GetMembers(BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static)
                .OfType<MethodBase>()
                .Where(m => !m.IsAbstract && m.Name is not (".ctor" or ".cctor" or "SetStateMachine"))
                .Select(m => ReadableName.Of(t.FullName!, m.Name, Parameters(t.GetGenericArguments()), m.IsGenericMethod ? Parameters(m.GetGenericArguments()) : "")))
            .Select(name => name["VizTrace.Profiler.Tests.Naming.Samples.".Length..])
            .Distinct()
            .Order(StringComparer.Ordinal)];

        Assert.Equal(
        [
            "Hidden.Peek",
            "Shelf<T>.Box.Put<U>",
            "Shelf<T>.Box.PutAsync<U>",
            "Shelf<T>.Count.Twice<U>",
            "Shelf<T>.Count<U>",
            "Shelf<T>.IDisposable.Dispose",
            "Shelf<T>.IEnumerable.GetEnumerator",
            "Shelf<T>.IEnumerable<T>.GetEnumerator",
            "Shelf<T>.IEnumerable<T>.GetEnumerator.IDisposable.Dispose",
            "Shelf<T>.IEnumerable<T>.GetEnumerator.IEnumerator.Reset",
            "Shelf<T>.IEnumerable<T>.GetEnumerator.IEnumerator.get_Current",
            "Shelf<T>.IEnumerable<T>.GetEnumerator.IEnumerator<T>.get_Current",
            "Shelf<T>.IEnumerable<T>.GetEnumerator.finally#1",
            "Shelf<T>.LoadAsync",
            "Shelf<T>.LoadAsync.Later",
            "Shelf<T>.get_Size",
        ], names.Where(n => !n.Contains("lambda#", StringComparison.Ordinal)));

        // The numbers are the compiler's; what they belong to and how many there are is not.
        Assert.Equal(
            ["Shelf<T>.Count<U>", "Shelf<T>.Count<U>", "Shelf<T>.LoadAsync", "Shelf<T>.get_Size"],
            names.Where(n => n.Contains(".lambda#", StringComparison.Ordinal)).Select(n => n[..n.IndexOf(".lambda#", StringComparison.Ordinal)]));
    }

    private static string Parameters(Type[] parameters) => string.Join(',', parameters.Select(p => p.Name));
}
