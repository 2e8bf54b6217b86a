using System.Text.Unicode;
using VizTrace.Profiler.Interop;
using VizTrace.Profiler.Probe;
using VizTrace.Records;

namespace VizTrace.Profiler.Threads;

/// <summary>
/// Which threads are wanted. It only saves time and room: the reader of the capture, who knows every thread to its end, has the last word. A
/// name is looked at when it is given; what a thread without one is called and is for, when it has filled a chunk, since threads begin under
/// the name of their maker. Thread-safe; takes no lock and allocates nothing after <see cref="Start"/>.
/// </summary>
internal static unsafe class ThreadChoice
{
    private const int Entries = 4096, MostTries = 16;
    private const ulong HasName = 1, IsIgnored = 2, IsAmongOnly = 4;
    private const int RoleShift = 8, LongestName = 256;

    private static ThreadPattern[] s_ignore = [];
    private static ThreadPattern[] s_only = [];
    private static bool s_any;
    private static Entry* s_named;

    /// <summary>Takes the patterns over. Without memory for names they are left to the reader.</summary>
    public static void Start(CaptureSettings settings)
    {
        s_ignore = Parse(settings.IgnoreThread);
        s_only = Parse(settings.OnlyThread);
        if (s_ignore.Length + s_only.Length == 0)
            return;
        void* memory = Libc.mmap(null, Entries * (nuint)sizeof(Entry), Libc.PROT_READ | Libc.PROT_WRITE,
            Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS, -1, 0);
        if ((nint)memory == -1)
            return;
        s_named = (Entry*)memory;

        // Its table is made here, and not in a callback that must not allocate.
        _ = ThreadRoleNames.Of(isMain: false, isManaged: false, default, default);
        s_any = true;
    }

    /// <summary>The thread with this key got a name; true: it is to be ignored for it.</summary>
    public static bool Named(nuint key, ReadOnlySpan<char> name)
    {
        if (!s_any || key == 0)
            return false;
        if (name.IsEmpty)
        {
            Forget(key);
            return false;
        }

        ThreadRoleName role = ThreadRoleNames.Of(isMain: false, isManaged: true, name, default);
        bool ignored = MatchesName(s_ignore, name) || (role != ThreadRoleName.User && MatchesRole(s_ignore, role));
        ulong verdict = HasName | ((ulong)role << RoleShift) | (ignored ? IsIgnored : 0) | (MatchesName(s_only, name) ? IsAmongOnly : 0);
        Entry* entry = Find(key, make: true);
        if (entry != null)
            Volatile.Write(ref entry->Verdict, verdict);
        return ignored;
    }

    /// <summary>The thread with this key is no more, or has no name any more.</summary>
    public static void Forget(nuint key)
    {
        if (!s_any)
            return;
        Entry* entry = Find(key, make: false);
        if (entry == null)
            return;
        Volatile.Write(ref entry->Verdict, 0);
        Volatile.Write(ref entry->Key, 0);
    }

    /// <summary>Why the current thread is to be ignored from now on; 0: it is not. <paramref name="isFirst"/>: it has filled no chunk.</summary>
    public static ThreadIgnoredReason WhyIgnored(ThreadRecord* state, bool isFirst)
    {
        if (!s_any)
            return 0;
        Entry* entry = state->Key == 0 ? null : Find(state->Key, make: false);
        ulong verdict = entry == null ? 0 : Volatile.Read(ref entry->Verdict);
        long tid = Libc.gettid();
        uint managedId = ManagedThreadId.Of(state->Key);
        bool isMain = tid == Libc.getpid();
        if ((verdict & IsIgnored) != 0 || MatchesId(s_ignore, tid, managedId) || (isMain && MatchesRole(s_ignore, ThreadRoleName.Main)))
            return ThreadIgnoredReason.Pattern;
        if (isFirst)
            return 0;

        byte* bytes = stackalloc byte[17];
        bytes[0] = bytes[16] = 0;
        DirectLibc.ThreadName(bytes);
        Span<char> name = stackalloc char[LongestName];
        // Allocates nothing for what is no UTF-8 either: the system cuts names within a character.
        _ = Utf8.ToUtf16(new ReadOnlySpan<byte>(bytes, new ReadOnlySpan<byte>(bytes, 17).IndexOf((byte)0)), name, out _, out int length);
        name = name[..length];
        bool hasName = (verdict & HasName) != 0;
        var role = (ThreadRoleName)(verdict >> RoleShift);
        if (isMain || role is ThreadRoleName.Unknown or ThreadRoleName.User)
            role = ThreadRoleNames.Of(isMain, state->Key != 0, default, name);
        if (MatchesRole(s_ignore, role) || (!hasName && MatchesName(s_ignore, name)))
            return ThreadIgnoredReason.Pattern;
        bool isAmongOnly = s_only.Length == 0 || (verdict & IsAmongOnly) != 0 || MatchesId(s_only, tid, managedId)
            || MatchesRole(s_only, role) || (!hasName && MatchesName(s_only, name));
        return isAmongOnly ? 0 : ThreadIgnoredReason.NotAmongOnly;
    }

    /// <summary>
    /// The entry of a key: one of the 16 behind its hash, where an empty one does not end the search, so that entries can simply be emptied.
    /// Null when there is none, or no room for one.
    /// </summary>
    private static Entry* Find(nuint key, bool make)
    {
        uint at = (uint)((key * 0x9E3779B97F4A7C15) >> 40);
        for (uint i = 0; i < MostTries; i++)
        {
            Entry* entry = s_named + ((at + i) % Entries);
            if (Volatile.Read(ref entry->Key) == key)
                return entry;
        }

        for (uint i = 0; make && i < MostTries; i++)
        {
            Entry* entry = s_named + ((at + i) % Entries);
            if (Interlocked.CompareExchange(ref entry->Key, key, 0) == 0)
                return entry;
        }

        return null;
    }

    private static ThreadPattern[] Parse(List<string> patterns) =>
        // The recorder has refused malformed patterns before the program began.
        [.. patterns.Select(p => ThreadPattern.TryParse(p, out _)).OfType<ThreadPattern>()];

    private static bool MatchesName(ThreadPattern[] patterns, ReadOnlySpan<char> name)
    {
        foreach (ThreadPattern pattern in patterns)
        {
            if (pattern.MatchesName(name))
                return true;
        }

        return false;
    }

    private static bool MatchesRole(ThreadPattern[] patterns, ThreadRoleName role)
    {
        foreach (ThreadPattern pattern in patterns)
        {
            if (pattern.MatchesRole(role))
                return true;
        }

        return false;
    }

    private static bool MatchesId(ThreadPattern[] patterns, long tid, long managedId)
    {
        foreach (ThreadPattern pattern in patterns)
        {
            if (pattern.MatchesId(tid, managedId))
                return true;
        }

        return false;
    }

    /// <summary>What is known of a name; one thread writes it (the one that gives the name), others read.</summary>
    private struct Entry
    {
        public nuint Key;
        public ulong Verdict;
    }
}
