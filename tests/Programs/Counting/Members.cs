namespace Counting;

/// <summary>Properties, indexers, operators and struct methods.</summary>
internal static class Members
{
    public static int Run(int times)
    {
        var cell = new Cell();
        int sum = 0;
        for (int i = 0; i < times; i++)
        {
            cell.Value = i;
            sum += cell.Value;
            sum += cell.Doubled;
            sum += cell[i];
            var point = new Point(i, 2);
            point.Move(1);
            sum += point.Length() + (point + point).Length();
        }

        return sum & 0xFF;
    }
}

internal sealed class Cell
{
    public int Value { get; set; }

    public int Doubled => Value * 2;

    public int this[int index] => index;
}

internal struct Point(int x, int y)
{
    private int _x = x;
    private readonly int _y = y;

    public static Point operator +(Point a, Point b) => new(a._x + b._x, a._y + b._y);

    public void Move(int by) => _x += by;

    public readonly int Length() => _x + _y;
}
