using VizTrace.Cli;

return new CommandLine(Surroundings.OfThisProcess()).Run(args);
