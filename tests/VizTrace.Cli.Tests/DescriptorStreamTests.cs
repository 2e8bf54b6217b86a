using Xunit;

namespace VizTrace.Cli.Tests;

/// <summary>What is said to people goes out as it is, and is dropped where it cannot be written.</summary>
public sealed class DescriptorStreamTests
{
    [Fact]
    public void AllOfItIsWritten()
    {
        string path = Path.GetTempFileName();
        try
        {
            byte[] text = [.. Enumerable.Range(0, 200_000).Select(i => (byte)(i * 13))];
            using (FileStream file = File.OpenWrite(path))
                new DescriptorStream((int)file.SafeFileHandle.DangerousGetHandle()).Write(text);
            Assert.Equal(text, File.ReadAllBytes(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void AFullDiskIsNoFailure()
    {
        using FileStream full = File.OpenWrite("/dev/full");
        new DescriptorStream((int)full.SafeFileHandle.DangerousGetHandle()).Write("lost"u8);
    }

    [Fact]
    public void AClosedDescriptorIsNoFailure() => new DescriptorStream(1_000_000).Write("lost"u8);
}
