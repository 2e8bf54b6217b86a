namespace Fib;

/// <summary>The recursion everybody measures with.</summary>
internal static class Calculator
{
    public static int Fib(int n) => n < 2 ? n : Fib(n - 1) + Fib(n - 2);
}
