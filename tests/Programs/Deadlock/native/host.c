/* What the small libraries and the native threads call: set once by the program, before the first of them is there. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>

void (*host_callback)(int);

void host_set_callback(void (*callback)(int)) { host_callback = callback; }

/* A native thread goes in and out of managed code several times, and allocates meanwhile. */
static void *run(void *times)
{
    for (long i = 0; i < (long)times; i++) {
        void *block = malloc(1000 + 10 * i);
        host_callback(3);
        free(block);
    }
    return 0;
}

/* Makes so many threads, each of which calls so often, and waits for them. 0 when all could be made. */
int host_run_threads(int count, long times)
{
    pthread_t threads[16];
    int made = 0;
    while (made < count && made < 16 && pthread_create(&threads[made], 0, run, (void *)times) == 0)
        made++;
    for (int i = 0; i < made; i++)
        pthread_join(threads[i], 0);
    return count - made;
}
