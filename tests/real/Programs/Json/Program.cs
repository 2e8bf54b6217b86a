using System.Globalization;
using Json;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using Newtonsoft.Json.Serialization;

// Newtonsoft.Json, a library that makes its accessors at run time, in all its ways: what comes out is known, and so are its errors.
Console.WriteLine(RoundTrips.Run(300));
Console.WriteLine(Converters.Run());
Errors.Run();
Console.WriteLine(string.Join(' ', JObject.Parse("""{"a":[1,{"b":[true,null,2.5]}],"c":"d"}""").SelectTokens("$..b[*]").Select(t => t.ToString(Formatting.None))));
var merged = JObject.Parse("""{"list":[1,2],"o":{"x":1}}""");
merged.Merge(JObject.Parse("""{"list":[2,3],"o":{"y":2}}"""), new JsonMergeSettings { MergeArrayHandling = MergeArrayHandling.Union });
Console.WriteLine(merged.ToString(Formatting.None));
dynamic loose = JObject.Parse("""{"name":"n","inner":{"value":41}}""");
Console.WriteLine((string)loose.name + ((int)loose.inner.value + 1));
Console.WriteLine(JsonConvert.SerializeObject(
    new { SomeName = 1, Nested = new { OtherName = DateTime.UnixEpoch } },
    new JsonSerializerSettings { ContractResolver = new CamelCasePropertyNamesContractResolver(), Culture = CultureInfo.InvariantCulture }));
var writer = new MemoryTraceWriter();
JsonConvert.DeserializeObject<Order>("""{"Id":1,"Unknown":2}""", new JsonSerializerSettings { TraceWriter = writer });
Console.WriteLine(writer.GetTraceMessages().Count());
return 7;
