// What the file of a peer provides.
#ifndef CAIRN_PEER_H
#define CAIRN_PEER_H

#include "peers.h"

#include <stdlib.h>
#include <string.h>

struct peer {
    const char *name;
    const char *settings;
    void *(*open)(const struct peer_options *options);
    int (*close)(void *engine);
    void *(*begin)(void *engine);
    void (*end)(void *session);
    int (*put)(
        void *session, const void *key, size_t key_length, const void *value, size_t value_length);
    int (*remove)(void *session, const void *key, size_t key_length);
    int (*commit)(
        void *session, size_t count, const void *keys, size_t key_length, const void *values,
        size_t value_length);
    int (*get)(
        void *session, const void *key, size_t key_length, void **value, size_t *value_length);
    // NULL for engines without an order.
    int (*scan)(
        void *session, const void *start, size_t start_length, size_t prefix_length, size_t limit,
        struct peer_records *records);
};

extern const struct peer peer_rocksdb, peer_rocksdb_zlib, peer_leveldb, peer_lmdb, peer_sqlite,
    peer_tkrzw, peer_wiredtiger;

// Notes why this thread's call failed; -1.
int peer_failed(const char *reason);

// The caller's own copy of a value; 1, or -1 without memory.
static inline int peer_copy(const void *bytes, size_t length, void **value, size_t *value_length) {
    void *copy = malloc(length ? length : 1);
    if (!copy) return peer_failed("no memory");
    memcpy(copy, bytes, length);
    *value = copy;
    *value_length = length;
    return 1;
}

// Whether `key` belongs to the scan.
static inline bool peer_matches(
    const void *key, size_t key_length, const void *start, size_t prefix_length
) {
    return key_length >= prefix_length && memcmp(key, start, prefix_length) == 0;
}

static inline int peer_append(
    struct peer_records *records, const void *key, size_t key_length, const void *value,
    size_t value_length
) {
    const uint32_t lengths[2] = {(uint32_t)key_length, (uint32_t)value_length};
    size_t needed = sizeof lengths + key_length + value_length;
    if (records->capacity - records->byte_count < needed)
        return peer_failed("a scan found more than its buffer holds");
    uint8_t *place = records->bytes + records->byte_count;
    memcpy(place, lengths, sizeof lengths);
    memcpy(place + sizeof lengths, key, key_length);
    memcpy(place + sizeof lengths + key_length, value, value_length);
    records->byte_count += needed;
    records->count += 1;
    return 0;
}

#endif
