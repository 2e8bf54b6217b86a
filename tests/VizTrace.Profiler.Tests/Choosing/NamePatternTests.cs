using VizTrace.Records;
using Xunit;

namespace VizTrace.Profiler.Tests.Choosing;

/// <summary>What a pattern matches, and which are none.</summary>
public class NamePatternTests
{
    [Theory]
    [InlineData("Shop.Cart.Add", "Shop.dll", "Shop.Cart.Add", true)]
    [InlineData("Shop.Cart.Add", "Shop.dll", "Shop.Cart.AddAll", false)]
    [InlineData("Shop.Cart.Add", "Shop.dll", "My.Shop.Cart.Add", false)]
    [InlineData("Shop.*", "Shop.dll", "Shop.Cart.Add", true)]
    [InlineData("Shop.*", "Shop.dll", "Shop.", true)]
    [InlineData("Shop.*", "Shop.dll", "Shop", false)]
    [InlineData("*", "Shop.dll", "", true)]
    [InlineData("*", "Shop.dll", "Shop.Cart.Add", true)]
    [InlineData("*.Walk", "Shop.dll", "Counting.Tree.Walk", true)]
    [InlineData("*.Walk", "Shop.dll", "Counting.Tree.WalkOn", false)]
    [InlineData("*.Walk", "Shop.dll", "Walk", false)]
    [InlineData("?", "Shop.dll", "x", true)]
    [InlineData("?", "Shop.dll", "", false)]
    [InlineData("?", "Shop.dll", "xy", false)]
    [InlineData("Shop.Cart.For?ed", "Shop.dll", "Shop.Cart.Forced", true)]
    [InlineData("Shop.Cart.For?ed", "Shop.dll", "Shop.Cart.Fored", false)]
    [InlineData("a?*c", "Shop.dll", "ac", false)]
    [InlineData("a?*c", "Shop.dll", "abc", true)]
    [InlineData("**", "Shop.dll", "anything", true)]
    // Case counts in names, not in modules.
    [InlineData("shop.cart.add", "Shop.dll", "Shop.Cart.Add", false)]
    [InlineData("Shop.dll!*", "Shop.dll", "Any.Name", true)]
    [InlineData("shop.DLL!*", "Shop.dll", "Any.Name", true)]
    [InlineData("shop!*", "Shop.dll", "Any.Name", true)]
    [InlineData("shop!any.*", "Shop.dll", "Any.Name", false)]
    [InlineData("Shop!*", "Shop.Web.dll", "Any.Name", false)]
    [InlineData("Shop.*!*", "Shop.Web.dll", "Any.Name", true)]
    [InlineData("Sho?.dll!*", "Shop.dll", "Any.Name", true)]
    [InlineData("Shop.dll!*", "Other.dll", "Shop.Cart.Add", false)]
    [InlineData("Shop.dll!*.Add", "Shop.dll", "Shop.Cart.Add", true)]
    [InlineData("Shop.dll!*.Add", "Shop.dll", "Shop.Cart.Remove", false)]
    [InlineData("Shop.exe!*", "Shop.dll", "Any.Name", false)]
    // A star that took too little the first time takes more.
    [InlineData("a*b*c", "Shop.dll", "abc", true)]
    [InlineData("a*b*c", "Shop.dll", "aXbYc", true)]
    [InlineData("a*b*c", "Shop.dll", "abbcbc", true)]
    [InlineData("a*b*c", "Shop.dll", "abcX", false)]
    [InlineData("a*b*c", "Shop.dll", "acb", false)]
    [InlineData("*a*a*a", "Shop.dll", "aXaXa", true)]
    [InlineData("*a*a*a", "Shop.dll", "aXa", false)]
    public void ANameMatches(string pattern, string module, string name, bool expected) => Assert.Equal(expected, Parse(pattern).Matches(module, name));

    /// <summary>Backtracking over every star at once would take longer than the world lasts.</summary>
    [Fact]
    public void ManyStarsTakeNoMoreThanPatternTimesName() =>
        Assert.False(Parse(string.Concat(Enumerable.Repeat("*a", 200)) + "b").Matches("Shop.dll", new string('a', 20_000)));

    [Theory]
    [InlineData("System.Console!*", "System.Console.dll", true)]
    [InlineData("system.console!*", "System.Console.dll", true)]
    [InlineData("System.Console!*", "System.Private.CoreLib.dll", false)]
    [InlineData("System.*!*", "System.Private.CoreLib.dll", true)]
    [InlineData("*!*", "System.Private.CoreLib.dll", true)]
    [InlineData("System.*", "System.Private.CoreLib.dll", true)]
    [InlineData("System.Net.*", "System.Net.Http.dll", true)]
    [InlineData("System.String.Concat", "System.Private.CoreLib.dll", true)]
    [InlineData("System.*", "Microsoft.Win32.Registry.dll", false)]
    [InlineData("*", "System.Private.CoreLib.dll", false)]
    [InlineData("?ystem.*", "System.Private.CoreLib.dll", false)]
    [InlineData("Sys*", "System.Private.CoreLib.dll", false)]
    [InlineData("system.*", "System.Private.CoreLib.dll", false)]
    [InlineData("*.WriteLine", "System.Console.dll", false)]
    [InlineData("Shop.*", "System.Console.dll", false)]
    [InlineData("Microsoft.Win32.*", "Microsoft.Win32.Registry.dll", true)]
    [InlineData("Microsoft.CodeAnalysis.*", "Microsoft.Win32.Registry.dll", false)]
    [InlineData("Microsoft.*", "Microsoft.Win32.Registry.dll", false)]
    public void AFrameworkModuleIsReachedByWhatNamesIt(string pattern, string module, bool expected) =>
        Assert.Equal(expected, Parse(pattern).ReachesFramework(module));

    [Theory]
    [InlineData("", "no name pattern at column 1")]
    [InlineData("Shop.dll!", "no name pattern at column 10")]
    [InlineData("!x", "no module before '!' at column 1")]
    [InlineData("a!b!c", "a second '!' at column 4")]
    public void WhatIsNoPatternIsSaidWithItsPlace(string text, string problem)
    {
        Assert.Null(NamePattern.TryParse(text, out string said));
        Assert.Equal(problem, said);
    }

    private static NamePattern Parse(string text)
    {
        NamePattern? pattern = NamePattern.TryParse(text, out string problem);
        Assert.True(pattern is not null, problem);
        return pattern;
    }
}
