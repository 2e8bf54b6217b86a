namespace Hello;

/// <summary>The smallest program: start-up and end are all that is measured on it.</summary>
internal static class Program
{
    private static void Main() => Console.WriteLine("hello");
}
