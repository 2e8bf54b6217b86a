using Xunit;

// Launching uses what a process has once: signals, descriptor 0, children.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
