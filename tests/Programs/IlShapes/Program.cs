using IlShapes;
using IlShapes.Emitted;

// Prints one line `name result` per shape and then `count Namespace.Type.Method N` for every method that counted itself. Nothing in the
// output depends on time, addresses or the order of threads: with and without a tracer it must be the same, byte for byte.
// An argument names an assembly to be used in the place of the one that the program writes with shapes that C# cannot express.
Calls.Hit("Program.Main");
Report.Line("values", Values.Run());
Report.Line("generics", Generics.Run());
Report.Line("async", Asynchronous.Run());
Report.Line("iterators", Iterators.Run());
Report.Line("lambdas", Lambdas.Run());
Report.Line("local-functions", LocalFunctions.Run());
Report.Line("constructors", Constructors.Run());
Report.Line("finalizers", Finalizers.Run());
Report.Line("references", References.Run());
Report.Line("stackalloc", StackAllocation.Run());
Report.Line("exceptions", Exceptions.Run());
Report.Line("lines", Lines.Run());
Report.Line("switches", Switches.Run());
Report.Line("loops", Loops.Run());
Report.Line("threads", Threads.Run());
Report.Line("attributes", Attributes.Run());
Report.Line("interfaces", Interfaces.Run());
using (var emitted = new EmittedShapes(args.FirstOrDefault()))
{
    foreach ((string name, string result) in emitted.Run())
        Report.Line(name, result);
    Report.Line("collectible", emitted.RunCollectible());
}

Calls.Print();
return 0;
