using Introspection;

// Everything that a program can see of its own execution: stack traces, reflection, lifetimes, order of initialisation, what native code
// sees. Nothing printed depends on time, addresses or the order of threads: with and without a tracer it must be the same, byte for byte.
Report.Line("main", typeof(Program).Assembly.EntryPoint!.Name + " " + args.Length);
Ordering.Run();
Frames.Run();
Throwing.Run();
await AsyncThrowing.RunAsync();
Mirrors.Run();
Returns.Run();
Dispatch.Run();
Memory.Run();
Lifetimes.Run();
Interop.Run();
Interrupted.Run();
Surroundings.Run(args);
return 42;
