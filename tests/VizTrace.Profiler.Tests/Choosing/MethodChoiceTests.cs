using VizTrace.Profiler.Methods;
using VizTrace.Records;
using Xunit;

namespace VizTrace.Profiler.Tests.Choosing;

/// <summary>What is framework, and which modules and methods are recorded.</summary>
public class MethodChoiceTests
{
    /// <summary>Stands for where this test's own runtime lies: what is there is looked up.</summary>
    private const string Runtime = "[root]/shared/Microsoft.NETCore.App/[version]";
    private const string SelfContained = "/opt/shop";

    private static readonly string s_runtime = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
    private static readonly string s_root = Path.GetFullPath(Path.Combine(s_runtime, "..", "..", ".."));

    [Theory]
    [InlineData(Runtime, Runtime + "/System.Private.CoreLib.dll", true)]
    [InlineData(Runtime, "[root]/shared/Microsoft.AspNetCore.App/10.0.12/Microsoft.AspNetCore.Http.dll", true)]
    [InlineData(Runtime, "[root]/sdk/10.0.401/Roslyn/bincore/csc.dll", false)]
    [InlineData(Runtime, "/home/me/Shop.dll", false)]
    [InlineData(Runtime, "/home/me/System.CommandLine.dll", false)]
    [InlineData(Runtime, "[root]/shared.but/Shop.dll", false)]
    [InlineData(Runtime, "", false)]
    [InlineData(SelfContained, SelfContained + "/System.Private.CoreLib.dll", true)]
    [InlineData(SelfContained, SelfContained + "/netstandard.dll", true)]
    [InlineData(SelfContained, SelfContained + "/Microsoft.CSharp.dll", true)]
    [InlineData(SelfContained, SelfContained + "/Microsoft.CodeAnalysis.dll", false)]
    [InlineData(SelfContained, SelfContained + "/Shop.dll", false)]
    [InlineData(SelfContained, "/opt/other/System.Text.Json.dll", false)]
    public void FrameworkIsToldFromTheProgramsOwn(string runtime, string path, bool framework)
    {
        ModuleFlags flags = Choice(runtime).Flags(Real(path), Path.GetFileName(path));

        Assert.Equal(framework ? ModuleFlags.Framework : ModuleFlags.Included, flags & (ModuleFlags.Framework | ModuleFlags.Included));
    }

    [Theory]
    [InlineData("", "Shop.dll", "Shop.Cart.Add", true)]
    [InlineData("-*", "Shop.dll", "Shop.Cart.Add", false)]
    [InlineData("-*.Add", "Shop.dll", "Shop.Cart.Add", false)]
    [InlineData("-*.Add", "Shop.dll", "Shop.Cart.Remove", true)]
    [InlineData("Shop.*", "Shop.dll", "Shop.Cart.Add", true)]
    [InlineData("Shop.*", "Other.dll", "Other.Thing.Do", false)]
    [InlineData("Shop.* -Shop.Cart.*", "Shop.dll", "Shop.Cart.Add", false)]
    [InlineData("Shop.* -Shop.Cart.*", "Shop.dll", "Shop.Bill.Add", true)]
    [InlineData("Shop!*.Add Other!*", "Shop.dll", "Shop.Cart.Add", true)]
    [InlineData("Shop!*.Add Other!*", "Other.dll", "Other.Thing.Do", true)]
    [InlineData("Shop!*.Add Other!*", "Third.dll", "Third.Thing.Add", false)]
    [InlineData("-Shop!*", "Shop.dll", "Shop.Cart.Add", false)]
    [InlineData("-Shop!*", "Other.dll", "Shop.Cart.Add", true)]
    public void AMethodOfTheProgramIsRecorded(string patterns, string module, string name, bool expected) =>
        Assert.Equal(expected, Records(Choice(Runtime, patterns), "/home/me/" + module, name));

    [Theory]
    [InlineData("", false)]
    [InlineData("*", false)]
    [InlineData("*.WriteLine", false)]
    [InlineData("System.*", true)]
    [InlineData("System.Console.*", true)]
    [InlineData("System.Console!*", true)]
    [InlineData("System.Private.CoreLib!*", false)]
    [InlineData("System.* -System.Console.*", false)]
    public void AMethodOfTheFrameworkIsRecordedWhenItIsAskedFor(string patterns, bool expected) =>
        Assert.Equal(expected, Records(Choice(Runtime, patterns), Runtime + "/System.Console.dll", "System.Console.WriteLine"));

    [Theory]
    [InlineData("", true)]
    [InlineData("Shop.*", false)]
    [InlineData("-Shop.*", false)]
    public void NamesNeedNotBeLookedAtWithoutPatterns(string patterns, bool all) => Assert.Equal(all, Choice(Runtime, patterns).RecordsAll);

    /// <summary>Patterns parted by blanks; a minus in front excludes.</summary>
    private static MethodChoice Choice(string runtime, string patterns = "")
    {
        var settings = new CaptureSettings();
        foreach (string pattern in patterns.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (pattern[0] == '-')
                settings.Exclude.Add(pattern[1..]);
            else
                settings.Include.Add(pattern);
        }

        return new MethodChoice(settings, Real(runtime));
    }

    private static string Real(string path) =>
        path.Replace(Runtime, s_runtime, StringComparison.Ordinal).Replace("[root]", s_root, StringComparison.Ordinal);

    private static bool Records(MethodChoice choice, string path, string name)
    {
        string file = Path.GetFileName(path);
        ModuleFlags flags = choice.Flags(Real(path), file);
        var module = new TracedModule(0, 0, file, flags, null!) { RefusesPrecompiled = false, IsTouched = true };
        return (flags & ModuleFlags.Included) != 0 && choice.WishFor(module, name) == MethodWish.Recorded;
    }
}
