using VizTrace.Cli;

try
{
    return new CommandLine(Surroundings.OfThisProcess()).Run(args);
}
catch (Interrupted e)
{
    e.EndThisProcess();
    return e.ExitCode;
}
