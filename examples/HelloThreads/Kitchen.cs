namespace HelloThreads;

/// <summary>A kitchen with one stove: chopping goes on side by side, frying one after another.</summary>
internal sealed class Kitchen
{
    private const int DishesPerCook = 4;
    private readonly Lock _stove = new();

    public int Served { get; private set; }

    public void Cook(string name)
    {
        for (int dish = 1; dish <= DishesPerCook; dish++)
        {
            Chop(carrots: 200 * dish);
            Fry();
            if (dish == DishesPerCook)
                Console.WriteLine($"{name} is done");
        }
    }

    private static int Chop(int carrots)
    {
        int slices = 0;
        for (int i = 0; i < carrots; i++)
            slices += Slice(i);
        return slices;
    }

    private static int Slice(int carrot) => 7 + (carrot % 3);

    private void Fry()
    {
        lock (_stove)
        {
            Sizzle();
            Served++;
        }
    }

    private static void Sizzle() => Thread.Sleep(2);
}
