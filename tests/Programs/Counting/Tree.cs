namespace Counting;

/// <summary>A full binary tree of calls: depth d has 2^(d+1) - 1 calls of Walk and 2^d of Leaf.</summary>
internal static class Tree
{
    public static int Walk(int depth) => depth == 0 ? Leaf() : Walk(depth - 1) + Walk(depth - 1);

    private static int Leaf() => 1;
}
