using Xunit;

// A command catches signals, which a process has once.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
