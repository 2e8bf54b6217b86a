namespace Counting;

/// <summary>Generic methods and types over references (shared code) and values (code of their own).</summary>
internal static class Generics
{
    public static int Run(int times)
    {
        int sum = 0;
        for (int i = 0; i < times; i++)
        {
            sum += new Holder<string>("a").Take().Length;
            sum += new Holder<object>(i).Take() is null ? 0 : 1;
            sum += new Holder<int>(i).Take();
            sum += (int)new Holder<long>(i).Take();
            sum += Same("b").Length;
            sum += Same(i);
            sum += Same(2.0) > 1 ? 1 : 0;
        }

        return sum & 0xFF;
    }

    private static T Same<T>(T value) => value;
}

/// <summary>Holds one value.</summary>
internal sealed class Holder<T>(T value)
{
    public T Take() => value;
}
