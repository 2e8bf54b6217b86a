namespace Keys;

/// <summary>Says <c>ready</c>, waits for keys as an editor does, and names each; <c>q</c> ends it.</summary>
internal static class Program
{
    private static void Main()
    {
        Console.WriteLine("ready");
        ConsoleKeyInfo key;
        do
        {
            key = Console.ReadKey(intercept: true);
            Console.WriteLine($"key {key.Key} {key.Modifiers}");
        }
        while (key.KeyChar != 'q');
    }
}
