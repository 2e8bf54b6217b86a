/* A library that calls into managed code while the loader holds its lock: when it is loaded, and when it goes. With thread-local storage, so
   that each load moves the loader's count and every thread has to look at its own table again. */
#include <stdlib.h>

extern void (*host_callback)(int);
static __thread char room[4096];

__attribute__((constructor)) static void loaded(void)
{
    room[0]++;
    void *block = malloc(5000);
    if (host_callback)
        host_callback(1);
    free(block);
}

__attribute__((destructor)) static void gone(void)
{
    room[1]++;
    if (host_callback)
        host_callback(2);
}

int part_touch(void) { return ++room[2]; }
