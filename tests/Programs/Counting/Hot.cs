using System.Runtime.CompilerServices;

namespace Counting;

/// <summary>A loop hot enough for on-stack replacement and the last tier, over callees that are inlined.</summary>
internal static class Hot
{
    public static int Loop(int times)
    {
        int sum = 0;
        for (int i = 0; i < times; i++)
        {
            sum = AddOne(sum);
            sum = Forced(sum);
            if (i % 3 == 0)
                sum = NeverInlined(sum);
        }

        return sum & 1;
    }

    private static int AddOne(int value) => value + 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Forced(int value) => Nested(value) ^ 5;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Nested(int value) => value + 3;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int NeverInlined(int value) => value - 1;
}
