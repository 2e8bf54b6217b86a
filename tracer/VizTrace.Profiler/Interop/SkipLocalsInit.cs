using System.Runtime.CompilerServices;

// Buffers of entries and names stand on the stack and are written before they are read: zeroing 8 KB a method is time in the program's way.
[module: SkipLocalsInit]
