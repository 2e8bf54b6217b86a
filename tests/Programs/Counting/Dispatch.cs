namespace Counting;

/// <summary>Virtual, interface and delegate calls.</summary>
internal static class Dispatch
{
    public static int Run(int times)
    {
        Shape[] shapes = [new Circle(), new Square(), new Square()];
        IStep[] steps = [new StepA(), new StepB()];
        Func<int, int> twice = Twice;
        Func<int, int> plus = new Adder(3).Plus;
        Func<int, int> both = twice + plus;
        int sum = 0;
        for (int i = 0; i < times; i++)
        {
            foreach (Shape shape in shapes)
                sum += shape.Area();
            foreach (IStep step in steps)
                sum += step.Step(i);
            sum += twice(i);
            sum += both(i);
        }

        return sum & 0xFF;
    }

    private static int Twice(int value) => value * 2;
}

/// <summary>Base of a virtual call.</summary>
internal abstract class Shape
{
    public abstract int Area();
}

internal sealed class Circle : Shape
{
    public override int Area() => 3;
}

internal sealed class Square : Shape
{
    public override int Area() => 4;
}

/// <summary>An interface call, with a default body that one type keeps.</summary>
internal interface IStep
{
    int Step(int value) => value + 1;
}

internal sealed class StepA : IStep
{
    public int Step(int value) => value - 1;
}

internal sealed class StepB : IStep;

internal sealed class Adder(int amount)
{
    public int Plus(int value) => value + amount;
}
