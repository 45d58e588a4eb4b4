/// Threads that each start the next one and end, so that every look at the list of threads finds new ones: for whoever
/// stops them all. Says so, and ends with its standard input.
#include <pthread.h>
#include <unistd.h>

#include "torture.h"

static pthread_attr_t detached;

static void *hand_over(void *unused) {
    pthread_t next;
    while (pthread_create(&next, &detached, hand_over, unused) != 0) usleep(10);
    return NULL;
}

int main(void) {
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&detached, 65536);
    for (int chain = 0; chain < 16; chain++) hand_over(NULL);
    say("running\n");
    char byte;
    while (read(STDIN_FILENO, &byte, 1) > 0) {}
    _exit(7);
}
