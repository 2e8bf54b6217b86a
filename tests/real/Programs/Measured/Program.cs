using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Engines;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

// BenchmarkDotNet's own machinery, in this process: it emits an assembly that calls the benchmarks, and counts. Times are not printed;
// how often everything ran, and what came of it, is known.
IConfig config = ManualConfig.CreateEmpty()
    .AddJob(Job.Dry.WithToolchain(new InProcessEmitToolchain(TimeSpan.FromMinutes(5), logOutput: false)).WithIterationCount(3).WithInvocationCount(16).WithUnrollFactor(4))
    .AddLogger(NullLogger.Instance)
    .AddColumnProvider(BenchmarkDotNet.Columns.DefaultColumnProviders.Descriptor)
    .WithArtifactsPath(Path.Combine(Directory.GetCurrentDirectory(), "artifacts"));
Summary summary = BenchmarkRunner.Run<Sums>(config);
foreach (BenchmarkReport report in summary.Reports.OrderBy(r => r.BenchmarkCase.DisplayInfo, StringComparer.Ordinal))
{
    Console.WriteLine($"{report.BenchmarkCase.Descriptor.WorkloadMethod.Name} {report.BenchmarkCase.Parameters.DisplayInfo} {report.Success} " +
        $"{report.AllMeasurements.Count(m => m.IterationMode == IterationMode.Workload && m.IterationStage == IterationStage.Actual)} measurements of " +
        string.Join(',', report.AllMeasurements.Where(m => m.IterationStage == IterationStage.Actual).Select(m => m.Operations).Distinct()));
}

Console.WriteLine($"{Sums.Setups} set up, {Sums.Runs} runs, {Sums.Total}, {summary.ValidationErrors.Length} errors");
return summary.HasCriticalValidationErrors ? 1 : 0;

/// <summary>What is measured.</summary>
public class Sums
{
    private int[] _values = [];

    public static int Setups { get; private set; }

    public static int Runs { get; private set; }

    public static long Total { get; private set; }

    [Params(10, 1000)]
    public int Size { get; set; }

    [GlobalSetup]
    public void Prepare()
    {
        Setups++;
        _values = [.. Enumerable.Range(0, Size)];
    }

    [Benchmark(Baseline = true)]
    public int Loop()
    {
        Runs++;
        int sum = 0;
        foreach (int value in _values)
            sum += value;
        Total += sum;
        return sum;
    }

    [Benchmark]
    [Arguments(3)]
    public long Linq(int factor)
    {
        Runs++;
        long sum = _values.Select(v => (long)v * factor).Sum();
        Total += sum;
        return sum;
    }

    [Benchmark]
    public async Task<int> AsyncSum()
    {
        Runs++;
        await Task.Yield();
        Total += Size;
        return Size;
    }
}
