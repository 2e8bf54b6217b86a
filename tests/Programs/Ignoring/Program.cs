namespace Ignoring;

/// <summary>
/// Asks in every way and order not to be recorded. Argument: which of the cases; what each calls and how often is written in the tests.
/// Prints the threads' ids, so that a pattern can name them.
/// </summary>
internal static class Program
{
    private static void Main(string[] args)
    {
        switch (args[0])
        {
            case "threads":
                ThreadCases.Run();
                break;
            case "scopes":
                ScopeCases.Run();
                break;
            case "functions":
                FunctionCases.Run();
                break;
            case "short":
                ShortCases.Run(int.Parse(args[1]));
                break;
        }
    }
}
