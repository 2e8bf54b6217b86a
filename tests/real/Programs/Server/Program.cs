using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Server;

// An ASP.NET Core application that loads itself: many requests at once over loopback, of which the answers are known, and then stops.
int clients = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 16;
int requests = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 100;

WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.ConfigureKestrel(o => o.Listen(IPAddress.Loopback, 0));
builder.Services.AddSingleton<Shop>();
builder.Services.AddScoped<Basket>();
WebApplication app = builder.Build();
app.Use(async (context, next) =>
{
    context.Response.Headers["X-Passed"] = "yes";
    try
    {
        await next(context);
    }
    catch (OutOfStockException e)
    {
        context.Response.StatusCode = 409;
        await context.Response.WriteAsync(e.Message);
    }
});
app.MapGet("/price/{article:int}", (int article, Shop shop) => Results.Json(new Price(article, shop.PriceOf(article))));
app.MapPost("/basket", async (Order order, Basket basket) => Results.Json(await basket.AddAsync(order)));
app.MapGet("/stream/{count:int}", (int count, Shop shop) => shop.StreamAsync(count));
await app.StartAsync();

using var client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
string[][] answers = await Task.WhenAll(Enumerable.Range(0, clients).Select(c => Task.Run(() => LoadAsync(client, c, requests))));
await app.StopAsync();
await app.DisposeAsync();

byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', answers.SelectMany(a => a))));
Console.WriteLine($"{answers.Sum(a => a.Length)} answers {Convert.ToHexString(hash)}");
foreach (string answer in answers[0].Take(8))
    Console.WriteLine(answer);
return 0;

static async Task<string[]> LoadAsync(HttpClient client, int number, int requests)
{
    var answers = new string[requests];
    for (int i = 0; i < requests; i++)
    {
        int article = (number * 7) + i;
        using HttpResponseMessage response = (i % 4) switch
        {
            0 => await client.GetAsync(new Uri($"/price/{article}", UriKind.Relative)),
            1 or 2 => await client.PostAsJsonAsync("/basket", new Order(article, i % 5)),
            _ => await client.GetAsync(new Uri($"/stream/{article % 20}", UriKind.Relative)),
        };
        answers[i] = $"{(int)response.StatusCode} {response.Headers.GetValues("X-Passed").First()} {await response.Content.ReadAsStringAsync()}";
    }

    return answers;
}
