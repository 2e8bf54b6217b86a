using Xunit;

namespace TinyTests;

public class CalculatorTests
{
    [Fact]
    public void Adds()
    {
        for (int i = 0; i < 10; i++)
            Assert.Equal(i + 2, Calculator.Add(i, 2));
    }

    [Theory]
    [InlineData(1, 2, 2)]
    [InlineData(2, 2, 4)]
    [InlineData(3, 2, 6)]
    public void Multiplies(int a, int b, int product) => Assert.Equal(product, Calculator.Multiply(a, b));
}

internal static class Calculator
{
    public static int Add(int a, int b) => a + b;

    public static int Multiply(int a, int b) => a * b;
}
