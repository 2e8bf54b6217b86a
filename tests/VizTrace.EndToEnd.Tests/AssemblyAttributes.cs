using System.Runtime.Versioning;

[assembly: SupportedOSPlatform("linux")]

// Two at a time: a recorded program, its recorder and the machine's two cores.
[assembly: CollectionBehavior(MaxParallelThreads = 2)]
