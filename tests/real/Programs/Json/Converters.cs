using System.Globalization;
using System.Runtime.CompilerServices;
using Newtonsoft.Json;

namespace Json;

/// <summary>A converter of the program's own, called back out of the library.</summary>
internal sealed class AmountConverter : JsonConverter<Amount>
{
    public override void WriteJson(JsonWriter writer, Amount value, JsonSerializer serializer) =>
        writer.WriteValue(value.Value.ToString(CultureInfo.InvariantCulture) + " " + value.Currency);

    public override Amount ReadJson(JsonReader reader, Type objectType, Amount existingValue, bool hasExistingValue, JsonSerializer serializer)
    {
        string[] parts = ((string)reader.Value!).Split(' ');
        return new Amount(decimal.Parse(parts[0], CultureInfo.InvariantCulture), parts[1]);
    }
}

[JsonConverter(typeof(AmountConverter))]
internal readonly record struct Amount(decimal Value, string Currency);

internal abstract class Shape
{
    public string Name { get; set; } = "";
}

internal sealed class Circle : Shape
{
    public double Radius { get; set; }
}

internal sealed class Square : Shape
{
    public double Side { get; set; }

    public Shape? Inside { get; set; }
}

internal static class Converters
{
    public static string Run()
    {
        var amounts = new Dictionary<string, Amount[]> { ["a"] = [new(1.5m, "EUR"), new(2m, "USD")], ["b"] = [] };
        string text = JsonConvert.SerializeObject(amounts);
        decimal sum = JsonConvert.DeserializeObject<Dictionary<string, Amount[]>>(text)!.Values.SelectMany(v => v).Sum(a => a.Value);
        var settings = new JsonSerializerSettings { TypeNameHandling = TypeNameHandling.Auto, PreserveReferencesHandling = PreserveReferencesHandling.Objects };
        var circle = new Circle { Name = "c", Radius = 2 };
        Shape[] shapes = [circle, new Square { Name = "s", Side = 3, Inside = circle }];
        string typed = JsonConvert.SerializeObject(shapes, settings);
        Shape[] back = JsonConvert.DeserializeObject<Shape[]>(typed, settings)!;
        return string.Create(CultureInfo.InvariantCulture, $"{text} {sum} {typed} {ReferenceEquals(back[0], ((Square)back[1]).Inside)}");
    }
}

internal static class Errors
{
    /// <summary>What fails in the library, in a callback and in a setter, as a user reads it.</summary>
    public static void Run()
    {
        Try(() => JsonConvert.DeserializeObject<Order>("""{"Id":"not a number"}"""));
        Try(() => JsonConvert.DeserializeObject<Order>("""{"Id":1,"""));
        Try(() => JsonConvert.DeserializeObject<Order>("""{"Id":-1}"""));
        Try(() => JsonConvert.DeserializeObject<Amount>("\"wrong\""));
        Try(() => JsonConvert.DeserializeObject<Shape>("""{"Name":"abstract"}"""));
        Try(() => JsonConvert.SerializeObject(new Throwing()));
        Try(() => JsonConvert.DeserializeObject<Throwing>("""{"Value":3}"""));
        var self = new Square();
        self.Inside = self;
        Try(() => JsonConvert.SerializeObject(self));
        var handled = new List<string>();
        JsonConvert.DeserializeObject<List<int>>("[1,\"x\",3,{}]", new JsonSerializerSettings
        {
            Error = (_, e) =>
            {
                handled.Add(e.ErrorContext.Path + " " + e.ErrorContext.Error.Message);
                e.ErrorContext.Handled = true;
            },
        });
        Console.WriteLine(string.Join('\n', handled));
    }

    private static void Try(Func<object?> function)
    {
        try
        {
            Console.WriteLine(function());
        }
#pragma warning disable CA1031 // Whatever comes out is the result.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Console.WriteLine(e);
        }
    }

    private sealed class Throwing
    {
        /// <summary>Never inlined: into what the library makes at run time, which is optimized at once, it else would be, but not with probes.</summary>
        public int Value
        {
            [MethodImpl(MethodImplOptions.NoInlining)]
            get => throw new NotSupportedException("this cannot be read");
            [MethodImpl(MethodImplOptions.NoInlining)]
            set => throw new ArgumentException("this cannot be set: " + value);
        }
    }
}
