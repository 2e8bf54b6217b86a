using System.Runtime.Versioning;

[assembly: SupportedOSPlatform("linux")]

// One at a time: how long each took is told.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
