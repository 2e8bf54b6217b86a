using System.Runtime.Serialization;
using Newtonsoft.Json;
using Newtonsoft.Json.Converters;
using Newtonsoft.Json.Linq;

namespace Json;

/// <summary>What is bought: every kind of member that a serializer treats differently.</summary>
internal sealed class Order
{
    public int Id { get; set; }

    public string? Customer { get; init; }

    public List<Line> Lines { get; } = [];

    public Dictionary<string, decimal?> Prices { get; set; } = [];

    [JsonConverter(typeof(StringEnumConverter))]
    public Status Status { get; set; }

    [JsonProperty("at", Order = -1)]
    public DateTimeOffset Placed { get; set; }

    [JsonIgnore]
    public int Ignored { get; set; } = 9;

    [JsonExtensionData]
    public IDictionary<string, JToken>? More { get; set; }

    public Order? Previous { get; set; }

    [OnDeserialized]
    internal void Check(StreamingContext context)
    {
        if (Id < 0)
            throw new InvalidOperationException("an order's number is not negative");
    }

    public bool ShouldSerializePrevious() => Previous is not null;
}

internal sealed record Line(string Article, int Count, double Weight, Guid? Key);

internal enum Status
{
    [EnumMember(Value = "just-made")]
    New,
    Sent,
}

internal static class RoundTrips
{
    /// <summary>Writes and reads orders until text and object agree; a checksum of all text.</summary>
    public static string Run(int times)
    {
        var random = new Random(1234);
        uint sum = 0;
        for (int i = 0; i < times; i++)
        {
            Order order = Make(random, i % 4);
            string text = JsonConvert.SerializeObject(order, i % 2 == 0 ? Formatting.None : Formatting.Indented);
            Order back = JsonConvert.DeserializeObject<Order>(text)!;
            string again = JsonConvert.SerializeObject(back, i % 2 == 0 ? Formatting.None : Formatting.Indented);
            if (text != again)
                return $"round {i} differs:\n{text}\n{again}";
            foreach (char c in text)
                sum = (sum * 31) + c;
        }

        return $"{times} round trips {sum:x8}";
    }

    private static Order Make(Random random, int depth)
    {
        var order = new Order
        {
            Id = random.Next(10_000),
            Customer = random.Next(3) == 0 ? null : new string((char)('a' + random.Next(26)), random.Next(20)) + "ß\"\\\u2028",
            Status = (Status)random.Next(2),
            Placed = DateTimeOffset.UnixEpoch.AddSeconds(random.Next()),
            Previous = depth > 0 ? Make(random, depth - 1) : null,
            More = new Dictionary<string, JToken> { ["extra"] = random.Next(5), ["list"] = new JArray(1, "two", 3.5) },
        };
        for (int i = random.Next(5); i > 0; i--)
        {
            order.Lines.Add(new Line("article " + i, random.Next(100), random.NextDouble(), random.Next(2) == 0 ? null : new Guid(i, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)));
            order.Prices["p" + i] = random.Next(2) == 0 ? null : random.Next(10_000) / 100m;
        }

        return order;
    }
}
