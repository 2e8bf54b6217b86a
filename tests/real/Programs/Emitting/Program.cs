using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Emitting;

// Code that is made at run time calls the program's and is called by it; exceptions pass through both.
Report("dynamic method", () => Made.Method()(20) + "");
Report("dynamic method throws", () => Made.Method()(-1) + "");
Report("dynamic trace", () => Made.Tracing());
Report("dynamic filter", () => Made.Filter()(5) + " " + Made.Filter()(0));
Report("emitted type", () => Made.Emitted());
Report("saved and loaded", () => Made.SavedAndLoaded());
Report("expression", () => Made.Compiled()(6) + " " + Made.Compiled()(0));
Report("expression throws", () => Made.Compiled()(-1) + "");
Report("expression interpreted", () => Made.Tree().Compile(preferInterpretation: true)(-1) + "");
Report("regex", () => string.Join(' ', new Regex(@"(?<key>\w+)=(?:""(?<v>[^""]*)""|(?<v>\d+))", RegexOptions.Compiled).Matches("a=1 b=\"two\" c=33 d").Select(m => m.Groups["key"].Value + m.Groups["v"].Value)));
Report("regex generated", () => Patterns.Words().Replace("one two three", static m => Callbacks.Upper(m.Value)));
Report("regex callback throws", () => new Regex("t", RegexOptions.Compiled).Replace("one two", static m => Callbacks.Fail(m.Value)));
Report("json", () => JsonSerializer.Serialize(JsonSerializer.Deserialize<Shelf>("""{"Name":"s","Books":[{"Title":"a","Pages":3},{"Title":"b","Pages":4}]}""")));
Report("json generated", () => JsonSerializer.Serialize(new Shelf("g", [new Book("x", 1)]), Contexts.Default.Shelf));
Report("json throws", () => JsonSerializer.Deserialize<Book>("""{"Title":"a","Pages":-3}""") + "");
Report("json wrong", () => JsonSerializer.Deserialize<Shelf>("""{"Name":[1]}""") + "");
Report("linq", () => string.Join(' ', Enumerable.Range(1, 30).Where(i => i % 3 != 0).GroupBy(i => i % 4).OrderByDescending(g => g.Key).Select(g => $"{g.Key}:{g.Sum()}").Zip("abcd", (s, c) => s + c)));
Report("queryable", () => string.Join(' ', Enumerable.Range(1, 10).AsQueryable().Where(i => i % 2 == 0).Select(i => Callbacks.Twice(i))));
Report("parallel linq", () => Enumerable.Range(1, 10_000).AsParallel().Select(i => Callbacks.Twice(i)).Sum() + "");
Report("parallel throws", () => Enumerable.Range(1, 100).AsParallel().Select(i => i == 50 ? int.Parse(Callbacks.Fail("p"), CultureInfo.InvariantCulture) : i).Sum() + "");
Report("invoke", () => (string)typeof(Callbacks).GetMethod(nameof(Callbacks.Upper))!.Invoke(null, ["x"])!);
for (int i = 0; i < 5; i++)
    Report("invoke throws", () => (string)typeof(Callbacks).GetMethod(nameof(Callbacks.Fail))!.Invoke(null, ["x"])!);
return 0;

static void Report(string name, Func<string> function)
{
    try
    {
        Console.WriteLine($"{name}: {function()}");
    }
    catch (AggregateException e)
    {
        // Which worker it was that threw, and from where it was called, is chance.
        Console.WriteLine($"{name}: {string.Join(' ', e.InnerExceptions.Select(i => i.Message + Callbacks.FirstFrame(i)))}");
    }
#pragma warning disable CA1031 // Whatever comes out is the result.
    catch (Exception e)
#pragma warning restore CA1031
    {
        Console.WriteLine($"{name}: {e}");
    }
}
