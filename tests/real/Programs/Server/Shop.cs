namespace Server;

/// <summary>An article's price in cents.</summary>
internal sealed record Price(int Article, int Cents);

/// <summary>What a customer asks for.</summary>
internal sealed record Order(int Article, int Count);

/// <summary>What the customer gets.</summary>
internal sealed record Receipt(int Article, int Count, int Total, string[] Steps);

/// <summary>There is not that much of it.</summary>
internal sealed class OutOfStockException(string message) : Exception(message);

/// <summary>The same for all requests.</summary>
internal sealed class Shop
{
    public int PriceOf(int article) => Rounded((article * 37 % 1000) + 99);

    public async IAsyncEnumerable<Price> StreamAsync(int count)
    {
        for (int i = 0; i < count; i++)
        {
            if (i % 8 == 7)
                await Task.Yield();
            yield return new Price(i, PriceOf(i));
        }
    }

    private static int Rounded(int cents) => cents - (cents % 5);
}

/// <summary>One for each request.</summary>
internal sealed class Basket(Shop shop)
{
    private readonly List<string> _steps = [];

    public async Task<Receipt> AddAsync(Order order)
    {
        await CheckAsync(order);
        int total = 0;
        for (int i = 0; i < order.Count; i++)
        {
            total += shop.PriceOf(order.Article);
            _steps.Add($"step {i}");
        }

        return new Receipt(order.Article, order.Count, total, [.. _steps]);
    }

    private static async Task CheckAsync(Order order)
    {
        await Task.Yield();
        if (order.Count == 4)
            throw new OutOfStockException($"only 3 of {order.Article} are left");
    }
}
