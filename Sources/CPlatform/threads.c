#if defined(__linux__)
#define _GNU_SOURCE
#endif
#include "CPlatform.h"

#include <pthread.h>

static _Thread_local const void *current_turn;

const void *cairn_thread_turn(void) { return current_turn; }

void cairn_set_thread_turn(const void *turn) { current_turn = turn; }

void cairn_set_thread_name(const char *name) {
#if defined(__APPLE__)
    pthread_setname_np(name);
#else
    pthread_setname_np(pthread_self(), name);
#endif
}
