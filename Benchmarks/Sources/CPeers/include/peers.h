// The engines that Cairn is compared with, behind one interface. Which are compiled in is decided
// by Package.swift; the settings of each are in the file that is named after it.
//
// Unless said otherwise functions return 0, or -1 with an explanation in `peer_error()`. An engine
// may be used by any number of threads, a session by one.
#ifndef CAIRN_PEERS_H
#define CAIRN_PEERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct peer_engine;
struct peer_session;

struct peer_options {
    // An empty directory, or one that the same engine has closed.
    const char *path;
    // Whether a write returns only when it is on the platter.
    bool durable;
    // How much the engine may cache, when it has a cache of its own.
    uint64_t cache_byte_count;
    // How many keys there will be, for engines that want to know.
    uint64_t key_count;
    // How many sessions there will be at once.
    int session_count;
};

// Records that a scan has touched: for each, the lengths of key and value as two 32-bit numbers of
// the machine's order, then key and value.
struct peer_records {
    uint8_t *bytes;
    size_t capacity;
    size_t byte_count;
    size_t count;
};

// Whether the engine was compiled in.
bool peer_is_present(const char *name);

// The engine's settings, and what its writes promise. NULL when it is absent.
const char *peer_settings(const char *name);

// Why the last call of this thread failed.
const char *peer_error(void);

// NULL on failure.
struct peer_engine *peer_open(const char *name, const struct peer_options *options);

// Closes cleanly, after all sessions have ended.
int peer_close(struct peer_engine *engine);

// NULL on failure.
struct peer_session *peer_session_begin(struct peer_engine *engine);

void peer_session_end(struct peer_session *session);

int peer_put(
    struct peer_session *session, const void *key, size_t key_length, const void *value,
    size_t value_length);

int peer_delete(struct peer_session *session, const void *key, size_t key_length);

// Many puts as one commit; keys and values stand one behind another, all of the same lengths.
int peer_commit(
    struct peer_session *session, size_t count, const void *keys, size_t key_length,
    const void *values, size_t value_length);

// 1 and a copy that the caller frees with `free`, or 0 when the key is absent.
int peer_get(
    struct peer_session *session, const void *key, size_t key_length, void **value,
    size_t *value_length);

// Copies up to `limit` records, from `start` on, as long as they share its first `prefix_length`
// bytes. Fails for engines that do not keep keys in order.
int peer_scan(
    struct peer_session *session, const void *start, size_t start_length, size_t prefix_length,
    size_t limit, struct peer_records *records);

#endif
