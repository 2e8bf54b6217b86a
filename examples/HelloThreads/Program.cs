using HelloThreads;

// Three cooks share one stove. Whose turn is it, and who waits? The console does not say; the timeline does.
var kitchen = new Kitchen();
Thread[] cooks = [.. new[] { "Ada", "Grace", "Linus" }.Select(name => new Thread(() => kitchen.Cook(name)) { Name = name })];
foreach (Thread cook in cooks)
    cook.Start();
foreach (Thread cook in cooks)
    cook.Join();
Console.WriteLine($"{kitchen.Served} dishes served");
