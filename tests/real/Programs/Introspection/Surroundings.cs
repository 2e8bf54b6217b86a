using System.Collections;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace Introspection;

/// <summary>The process around the program: environment, assemblies, command line, children.</summary>
internal static class Surroundings
{
    public static void Run(string[] args)
    {
        Report.Line("environment", Variables(Environment.GetEnvironmentVariables()));
        Report.Line("command line", string.Join(' ', Environment.GetCommandLineArgs().Select(Path.GetFileName)) + args.Length);
        Report.Line("assemblies", string.Join(' ', AppDomain.CurrentDomain.GetAssemblies().Select(a => a.GetName().Name).Order(StringComparer.Ordinal)));
        Report.Line("contexts", string.Join(' ', AssemblyLoadContext.All.Select(c => c.Name)));
        Report.Line("debugger", Debugger.IsAttached + " " + AppContext.TargetFrameworkName);
        Report.Line("child", Child("/usr/bin/env"));
        Report.Line("descriptors", Descriptors());
        Report.Line("signal mask", string.Join(' ', File.ReadLines("/proc/self/status").Where(l => l.StartsWith("Sig", StringComparison.Ordinal) && !l.StartsWith("SigQ", StringComparison.Ordinal))));
        Report.Line("limits", string.Join(' ', File.ReadLines("/proc/self/limits").Where(l => l.StartsWith("Max open", StringComparison.Ordinal) || l.StartsWith("Max stack", StringComparison.Ordinal))));
    }

    private static string Variables(IDictionary variables) =>
        string.Join('\n', variables.Keys.Cast<string>().Order(StringComparer.Ordinal).Select(k => $"{k}={variables[k]}"));

    /// <summary>What a child finds in its environment.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string Child(string program)
    {
        using Process child = Process.Start(new ProcessStartInfo(program) { RedirectStandardOutput = true })!;
        string output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        return string.Join('\n', output.Split('\n').Order(StringComparer.Ordinal)) + child.ExitCode;
    }

    /// <summary>How many descriptors a child inherits beside the standard ones.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string Descriptors()
    {
        using Process child = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "ls /proc/$$/fd"]) { RedirectStandardOutput = true })!;
        string output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        return output.Replace('\n', ' ');
    }
}
