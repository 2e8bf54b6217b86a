namespace VizTrace.Api.Tests;

/// <summary>Without a tracer the API does nothing and costs nothing. What it does with one is told by the end-to-end tests.</summary>
public sealed class InertTests
{
    [Fact]
    public void NothingIsAllocated()
    {
        CallEverything();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
            CallEverything();

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void AScopeMayBeEndedTwiceAndNeverBegun()
    {
        Tracer.IgnoredScope scope = Tracer.Ignore();
        scope.Dispose();
        scope.Dispose();
        default(Tracer.IgnoredScope).Dispose();
    }

    /// <summary>They are read by name, by a tracer of whatever version: names and targets are a contract.</summary>
    [Theory]
    [InlineData(typeof(IgnoreFunctionAttribute), "VizTrace.IgnoreFunctionAttribute")]
    [InlineData(typeof(HideFunctionAttribute), "VizTrace.HideFunctionAttribute")]
    [InlineData(typeof(TraceOnlyAttribute), "VizTrace.TraceOnlyAttribute")]
    public void AttributesAreCalledAsTheTracerLooksForThem(Type attribute, string name)
    {
        Assert.Equal(name, attribute.FullName);
        Assert.Equal("VizTrace.Api", attribute.Assembly.GetName().Name);
        var usage = (AttributeUsageAttribute)Assert.Single(attribute.GetCustomAttributes(typeof(AttributeUsageAttribute), inherit: false));
        Assert.Equal(
            AttributeTargets.Method | AttributeTargets.Constructor | AttributeTargets.Class | AttributeTargets.Struct | AttributeTargets.Interface, usage.ValidOn);
    }

    private static void CallEverything()
    {
        Tracer.IgnoreThisThread();
        using (Tracer.Ignore())
        {
            using (Tracer.Ignore())
                Tracer.IgnoreThisThread();
        }
    }
}
