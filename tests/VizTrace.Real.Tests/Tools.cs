using System.Globalization;
using System.Text;
using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.Real.Tests;

/// <summary>The SDK's own tools as programs, and what they work on. A command of the SDK is passed through; its tool, when named, is recorded.</summary>
internal static class Tools
{
    private const int Classes = 20;

    /// <summary>The compiler, on what <see cref="WriteSources"/> wrote.</summary>
    public static string[] Compile() =>
    [
        "dotnet", "exec", Path.Combine(Repository.Sdk, "Roslyn", "bincore", "csc.dll"), "/nologo", "/deterministic", "/optimize", "/debug:portable", "/pathmap:/=/", "/nullable",
        "/langversion:latest", .. Directory.GetFiles(Repository.Framework, "System*.dll").Where(f => !f.EndsWith(".Native.dll", StringComparison.Ordinal)).Order(StringComparer.Ordinal).Select(f => "/r:" + f),
        "/target:library", "/out:big.dll", "*.cs",
    ];

    /// <summary>Some three thousand lines: records, generics, async methods, iterators, patterns, queries.</summary>
    public static void WriteSources(string folder)
    {
        for (int i = 0; i < Classes; i++)
        {
            var text = new StringBuilder();
            text.Append(CultureInfo.InvariantCulture, $$"""
                using System;
                using System.Collections.Generic;
                using System.Linq;
                using System.Threading.Tasks;

                namespace Big.Part{{i}};

                /// <summary>Number {{i}}.</summary>
                public record Item{{i}}(string Name, int Count, Item{{i}}? Next = null)
                {
                    public int Depth => Next is { } next ? next.Depth + 1 : 0;
                }

                public interface IStore{{i}}<T> where T : notnull
                {
                    T? Find(string name);
                    IEnumerable<T> All();
                    Task<int> SumAsync(Func<T, int> selector);
                }

                public sealed class Store{{i}} : IStore{{i}}<Item{{i}}>
                {
                    private readonly Dictionary<string, Item{{i}}> _items = new();

                    public Item{{i}}? Find(string name) => _items.TryGetValue(name, out var item) ? item : null;

                    public IEnumerable<Item{{i}}> All()
                    {
                        foreach (var (name, item) in _items.OrderBy(p => p.Key))
                        {
                            if (name.Length > {{i % 7}})
                                yield return item with { Count = item.Count + {{i}} };
                        }
                    }

                    public async Task<int> SumAsync(Func<Item{{i}}, int> selector)
                    {
                        int sum = 0;
                        foreach (var item in All())
                        {
                            await Task.Yield();
                            try
                            {
                                sum = checked(sum + selector(item));
                            }
                            catch (OverflowException e) when (e.Message.Length > 0)
                            {
                                return -1;
                            }
                        }

                        return sum;
                    }

                """);
            for (int method = 0; method < 8; method++)
            {
                text.Append(CultureInfo.InvariantCulture, $$"""

                        public string Describe{{method}}(object value, int more) => value switch
                        {
                            Item{{i}} { Count: > {{method}} and < 100, Name: var name } => $"{name} {more:x}",
                            int n when n % {{method + 2}} == 0 => (n + more).ToString(),
                            (int a, int b) => $"{a + b * {{method}}}",
                            string { Length: 0 } => "empty",
                            null => throw new ArgumentNullException(nameof(value)),
                            _ => string.Join(",", from x in Enumerable.Range(0, more) where x % 2 == {{method % 2}} orderby x descending select x * {{i}}),
                        };

                    """);
            }

            File.WriteAllText(Path.Combine(folder, $"Part{i}.cs"), text.Append("}\n").ToString());
        }
    }

    /// <summary>MSBuild, on what <see cref="WriteProject"/> wrote: restore and build, in one process.</summary>
    public static string[] Build() =>
        ["dotnet", "exec", Path.Combine(Repository.Sdk, "MSBuild.dll"), "Small.csproj", "-restore", "-nologo", "-v:q", "-m:1", "-nr:false", "-p:Configuration=Release", "-p:UseSharedCompilation=false"];

    /// <summary>The formatter, on the same project.</summary>
    public static string[] Format() =>
        ["dotnet", "exec", Path.Combine(Repository.Sdk, "DotnetTools", "dotnet-format", "dotnet-format.dll"), "whitespace", "Small.csproj", "--no-restore", "-v", "q"];

    /// <summary>The host of an xunit project, started by the SDK.</summary>
    public static string[] Test() =>
        ["dotnet", "test", Path.Combine(Repository.Root, "tests", "Programs", "TinyTests"), "-c", Repository.Configuration, "--nologo", "-v", "q", "-nodeReuse:false"];

    /// <summary>A project with a file whose spaces are wrong.</summary>
    public static void WriteProject(string folder)
    {
        // Nothing of the machine's or a parent folder's may take part.
        File.WriteAllText(Path.Combine(folder, "Directory.Build.props"), "<Project />\n");
        File.WriteAllText(Path.Combine(folder, "Directory.Packages.props"), "<Project />\n");
        File.WriteAllText(Path.Combine(folder, "Small.csproj"), """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <OutputType>Exe</OutputType>
                <UseAppHost>false</UseAppHost>
                <Deterministic>true</Deterministic>
              </PropertyGroup>
            </Project>
            """);
        File.WriteAllText(Path.Combine(folder, "Program.cs"), """
            namespace Small ;
            internal  static class Program
            {
              public static int Main( string [] args )
              {
                  if(args.Length>3){ return 1 ; }
                System.Console.WriteLine ( "small" );
                   return  0;
              }
            }

            """);
    }
}
