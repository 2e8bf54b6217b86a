using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using VizTrace.Cli.Filtering;
using VizTrace.Cli.Running;
using VizTrace.Model;

namespace VizTrace.Cli;

/// <summary>
/// The commands, their options and their errors. Every expected failure is one line <c>error VZ00NN: …</c> and the exit code of
/// the README's table; whatever else is thrown is a bug and says so.
/// </summary>
internal sealed class CommandLine(Surroundings around)
{
    /// <summary>Exit code of wrong usage.</summary>
    public const int UsageExitCode = 64;

    private const string Examples = """

        Examples:
          viztrace run -- dotnet MyApp.dll                 records every call; writes MyApp.pftrace
          viztrace run -o out.json.gz --ignore-thread 'Monitor*' -- dotnet run --project src/Shop
          viztrace convert MyApp.pftrace.capture -o MyApp.pftrace
          viztrace info MyApp.pftrace                      threads, top functions, losses
          viztrace filter big.json -o small.json --drop-thread 'Monitor*' --min-duration 50us
          viztrace shrink big.pftrace -o small.pftrace --max-size 50MB
        """;

    private readonly Option<bool> _verbose = new("--verbose") { Description = "Say more; with a bug of ours, where it is" };
    private readonly Option<bool> _quiet = new("--quiet") { Description = "Say nothing but errors" };

    /// <summary>Parses and runs <paramref name="args"/>; the exit code. Throws <see cref="Interrupted"/> and nothing else.</summary>
    public int Run(string[] args)
    {
        // Whatever stands behind -- is the program's and never looked at.
        int dashes = Array.IndexOf(args, "--");
        string[] given = dashes < 0 ? args : args[..dashes];
        string[] program = dashes < 0 ? [] : args[(dashes + 1)..];
        bool verbose = given.Contains("--verbose");
        try
        {
            string[] ours = FilterArguments.Expand(given, around.FullPath);
            ParseResult parsed = Root(program).Parse(ours, new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });
            // Help and version are asked for, whatever else is wrong.
            if (parsed.Action is ParseErrorAction || (parsed.Errors.Count > 0 && parsed.Action is not (ExampleHelp or VersionAction)))
                throw Usage(Problem(parsed));
            bool isRun = parsed.CommandResult.Command.Name == "run" && parsed.Action is not ExampleHelp;
            if (isRun && program.Length == 0)
                throw Usage("no command to run: viztrace run [options] -- COMMAND [ARGS]");
            if (!isRun && program.Length > 0)
                throw Usage($"unknown command or argument '{program[0]}'");
            return parsed.Invoke(new InvocationConfiguration
            {
                Output = around.Output,
                Error = around.Error,
                EnableDefaultExceptionHandler = false,
                // Signals belong to the recorded program; the recorder sees to them.
                ProcessTerminationTimeout = null,
            });
        }
        catch (Exception e) when (e is not Interrupted)
        {
            return Failure.Tell(around.Error, e, verbose);
        }
    }

    private static TraceException Usage(string problem) => new(ErrorId.BadOption, problem + " (viztrace --help)");

    private static string Problem(ParseResult parsed)
    {
        // An unknown word is the cause, and what is missing because of it is not.
        if (parsed.UnmatchedTokens.Count > 0 && parsed.CommandResult.Command.Name == "run" && !parsed.UnmatchedTokens[0].StartsWith('-'))
            return $"put -- before the command to run: viztrace run [options] -- {parsed.UnmatchedTokens[0]} …";
        if (parsed.UnmatchedTokens.Count > 0)
            return $"unknown {(parsed.UnmatchedTokens[0].StartsWith('-') ? "option" : "command or argument")} '{parsed.UnmatchedTokens[0]}'";
        ParseError first = parsed.Errors[0];
        return first.Message.TrimEnd('.');
    }

    private RootCommand Root(string[] program)
    {
        var root = new RootCommand("VizTrace records every call of a .NET program and shows it on one timeline.");
        root.Directives.Clear();
        root.Options.Clear();
        root.Add(new HelpOption { Recursive = true, Action = new ExampleHelp(Examples) });
        root.Add(new VersionOption { Action = new VersionAction() });
        root.Add(RunCommand(program));
        root.Add(ConvertCommand());
        root.Add(InfoCommand());
        root.Add(FilterCommand());
        root.Add(ShrinkCommand());
        root.Add(MergeCommand());
        return root;
    }

    private Command RunCommand(string[] program)
    {
        Option<string?> output = new("--output", "-o") { Description = "Trace to write: .pftrace, .json or .json.gz (default: <program>.pftrace)", HelpName = "FILE" };
        Option<string[]> include = Repeatable("--include", "Record these methods; default: all but the framework's");
        Option<string[]> hide = Repeatable("--hide-function", "Give these methods no slices; what they call moves up");
        hide.Aliases.Add("--exclude");
        Option<string[]> ignore = Repeatable("--ignore-function", "Record neither these methods nor anything that they call");
        Option<string[]> ignoreThread = Repeatable("--ignore-thread", "Record nothing of these threads: name, managed:ID, tid:ID or role:ROLE", "THREAD");
        Option<string[]> onlyThread = Repeatable("--only-thread", "Record these threads only", "THREAD");
        Option<string?> minDuration = new("--min-duration") { Description = "Leave out calls shorter than this (50us, 1ms)", HelpName = "TIME" };
        Option<string?> depth = new("--max-depth") { Description = "Record calls down to this depth only", HelpName = "N" };
        Option<bool> keep = new("--keep-capture") { Description = "Keep the capture directory" };
        Option<string?> captureDirectory = new("--capture-dir") { Description = "Where to record (default: <output>.capture)", HelpName = "DIR" };
        Option<string?> size = new("--max-capture-size") { Description = "Stop recording at this size (default: 8GiB)", HelpName = "SIZE" };
        Option<bool> plain = new("--no-compress") { Description = "Do not compress the packets of a .pftrace" };
        var command = new Command("run", "Run a program and record it. Patterns match Namespace.Type.Method, or Module.dll!Namespace.Type.Method.")
        {
            output, include, hide, ignore, ignoreThread, onlyThread, minDuration, depth, keep, captureDirectory, size, plain, _quiet, _verbose,
        };
        command.SetAction(parsed => new Running.RunCommand(around).Run(new RunOptions
        {
            Command = program,
            CommandBytes = around.ArgumentBytes is { } bytes && bytes.Count > program.Length ? [.. bytes.TakeLast(program.Length)] : null,
            Output = parsed.GetValue(output),
            Include = parsed.GetValue(include) ?? [],
            Exclude = parsed.GetValue(hide) ?? [],
            IgnoreFunction = parsed.GetValue(ignore) ?? [],
            IgnoreThread = parsed.GetValue(ignoreThread) ?? [],
            OnlyThread = parsed.GetValue(onlyThread) ?? [],
            MinDurationNs = OptionValue.Nanoseconds("--min-duration", parsed.GetValue(minDuration), 0),
            MaxDepth = OptionValue.Count("--max-depth", parsed.GetValue(depth), 0),
            KeepCapture = parsed.GetValue(keep),
            CaptureDirectory = parsed.GetValue(captureDirectory),
            MaxCaptureBytes = OptionValue.Bytes("--max-capture-size", parsed.GetValue(size), 8L << 30),
            Compress = !parsed.GetValue(plain),
            Quiet = parsed.GetValue(_quiet),
            Verbose = parsed.GetValue(_verbose),
        }));
        return command;
    }

    private Command ConvertCommand()
    {
        Argument<string> input = new("INPUT") { Description = "Capture directory, or a trace" };
        Option<string> output = new("--output", "-o") { Description = "File to write: .pftrace, .json, .json.gz, .speedscope.json, .collapsed, .pb.gz or .csv", HelpName = "FILE", Required = true };
        Option<bool> plain = new("--no-compress") { Description = "Do not compress the packets of a .pftrace" };
        var command = new Command("convert", "Turn a capture, or a trace of any tool, into another format.") { input, output, plain, _quiet, _verbose };
        command.SetAction(parsed => new Converting.ConvertCommand(around).Run(
            parsed.GetValue(input)!, parsed.GetValue(output)!, !parsed.GetValue(plain), parsed.GetValue(_quiet)));
        return command;
    }

    private Command FilterCommand()
    {
        Argument<string> input = new("INPUT") { Description = "A trace of any tool, or a capture directory" };
        Option<string?> output = new("--output", "-o") { Description = "Trace to write; may be the input itself", HelpName = "FILE" };
        Option<bool> dryRun = new("--dry-run") { Description = "Write nothing; print what each filter would take out" };
        Option<bool> plain = new("--no-compress") { Description = "Do not compress the packets of a .pftrace (default: as in the input)" };
        var command = new Command("filter", "Take out of a trace what nobody wants. Filters work in the order given; @FILE holds some, one a line.")
        {
            input, output, dryRun, plain, _quiet, _verbose,
        };
        FilterOptions.AddTo(command);
        command.SetAction(parsed => new FilterCommand(around, parsed.GetValue(_quiet)).Run(
            parsed.GetValue(input)!, parsed.GetValue(output), FilterArguments.InOrder(parsed.Tokens), parsed.GetValue(dryRun), parsed.GetValue(plain) ? false : null));
        return command;
    }

    private Command ShrinkCommand()
    {
        Argument<string> input = new("INPUT") { Description = "A trace of any tool, or a capture directory" };
        Option<string> output = new("--output", "-o") { Description = "Trace to write", HelpName = "FILE", Required = true };
        Option<string?> size = new("--max-size") { Description = "Largest size of the file (50MB)", HelpName = "SIZE" };
        Option<string?> events = new("--max-events") { Description = "Most events in it", HelpName = "N" };
        var command = new Command("shrink", "Make a trace small enough to open, leaving out what tells least.") { input, output, size, events, _quiet, _verbose };
        command.SetAction(parsed => new ShrinkCommand(around, parsed.GetValue(_quiet)).Run(
            parsed.GetValue(input)!, parsed.GetValue(output)!, OptionValue.Bytes("--max-size", parsed.GetValue(size), 0),
            OptionValue.Count("--max-events", parsed.GetValue(events), 0)));
        return command;
    }

    private Command MergeCommand()
    {
        Argument<string[]> inputs = new("INPUT") { Description = "Traces or capture directories", Arity = ArgumentArity.OneOrMore };
        Option<string> output = new("--output", "-o") { Description = "Trace to write", HelpName = "FILE", Required = true };
        Option<string?> align = new("--align") { Description = "Put the first event of this name at the same time in all (default: by their clocks)", HelpName = "NAME" };
        Option<bool> plain = new("--no-compress") { Description = "Do not compress the packets of a .pftrace" };
        var command = new Command("merge", "Put several traces on one timeline.") { inputs, output, align, plain, _quiet, _verbose };
        command.SetAction(parsed => new MergeCommand(around, parsed.GetValue(_quiet)).Run(
            parsed.GetValue(inputs)!, parsed.GetValue(output)!, parsed.GetValue(align), !parsed.GetValue(plain)));
        return command;
    }

    private Command InfoCommand()
    {
        Argument<string> input = new("INPUT") { Description = "Capture directory, or a trace" };
        Option<bool> json = new("--json") { Description = "As JSON, for programs" };
        Option<string?> top = new("--top") { Description = "Functions to list by each order (default: 15)", HelpName = "N" };
        Option<string?> coverage = new("--coverage")
        {
            Description = "List every method of the included modules, or those that match: recorded, never called, …; comes after INPUT",
            HelpName = "GLOB",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var command = new Command("info", "Print what is in a trace or capture.") { input, json, top, coverage, _quiet, _verbose };
        command.SetAction(parsed => new Showing.InfoCommand(around).Run(
            parsed.GetValue(input)!, parsed.GetValue(json), OptionValue.Count("--top", parsed.GetValue(top), 15),
            parsed.GetResult(coverage) is not null, parsed.GetValue(coverage), parsed.GetValue(_quiet)));
        return command;
    }

    private static Option<string[]> Repeatable(string name, string description, string value = "GLOB") =>
        new(name) { Description = description, HelpName = value, Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = false };

    /// <summary>The usual help, below the root's our examples, and with the -- that <c>run</c> wants.</summary>
    private sealed class ExampleHelp(string examples) : SynchronousCommandLineAction
    {
        private readonly HelpAction _usual = new();

        public override int Invoke(ParseResult parseResult)
        {
            TextWriter output = parseResult.InvocationConfiguration.Output;
            var help = new StringWriter();
            parseResult.InvocationConfiguration.Output = help;
            int exitCode = _usual.Invoke(parseResult);
            parseResult.InvocationConfiguration.Output = output;
            output.WriteLine(help.ToString()
                .Replace("run [options]", "run [options] -- COMMAND [ARGS]", StringComparison.Ordinal)
                .TrimEnd());
            if (parseResult.CommandResult.Command is RootCommand)
                output.WriteLine(examples);
            return exitCode;
        }
    }

    private sealed class VersionAction : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.WriteLine($"viztrace {typeof(VersionAction).Assembly.GetName().Version?.ToString(3)}");
            return 0;
        }
    }
}
