/*
 * The signal by which a runtime stops its threads for a collection is the same in the program's runtime and in ours, and ours, started later,
 * puts its handler before the program's. That handler (ActivationHandler in .NET 9's NativeAOT/Runtime/unix/PalRedhawkUnix.cpp) looks at
 * thread-local storage, which a signal handler must not: after a dlopen or dlclose anywhere in the process, __tls_get_addr frees and
 * allocates, and what the signal interrupts may be in the middle of that, or of malloc. The program then hangs or aborts ("double free").
 * .NET 10's own handler is made with care for this. So ours is taken out again: our collector then waits until a thread leaves this
 * library or allocates, which is soon in every callback.
 *
 * In C, since what was there must be read before our runtime starts, and that is before any C# runs.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stddef.h>

static struct sigaction program_s_own;

/* The library has been loaded; our runtime starts with the first call into it. */
__attribute__((constructor)) static void remember_activation(void)
{
    sigaction(SIGRTMIN, NULL, &program_s_own);
}

/* Our runtime has started: the signal is the program's again. */
void viztrace_give_activation_back(void)
{
    sigaction(SIGRTMIN, &program_s_own, NULL);
}
