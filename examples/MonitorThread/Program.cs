using MonitorThread;

// A job of a second or so, and beside it a thread that looks every 2 ms whether all is well.
var job = new Job();
var watch = new Watch(job);
watch.Start();
for (int order = 1; order <= 20; order++)
    job.Handle(order);
watch.Stop();
Console.WriteLine($"{job.Done} orders handled, looked at {watch.Looks} times");
