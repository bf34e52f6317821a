#ifdef CAIRN_PEER_ROCKSDB

#include "peer.h"

#include <rocksdb/c.h>

struct engine {
    rocksdb_t *db;
    rocksdb_options_t *options;
    rocksdb_block_based_table_options_t *table;
    rocksdb_cache_t *cache;
    rocksdb_readoptions_t *reading;
    rocksdb_writeoptions_t *writing;
};

// Turns the library's error into ours and releases it.
static int checked(char *error) {
    if (!error) return 0;
    peer_failed(error);
    rocksdb_free(error);
    return -1;
}

static void release(struct engine *engine) {
    rocksdb_writeoptions_destroy(engine->writing);
    rocksdb_readoptions_destroy(engine->reading);
    rocksdb_options_destroy(engine->options);
    rocksdb_block_based_options_destroy(engine->table);
    rocksdb_cache_destroy(engine->cache);
    free(engine);
}

static void *open_with(const struct peer_options *options, int compression) {
    struct engine *engine = calloc(1, sizeof *engine);
    if (!engine) return peer_failed("no memory"), NULL;
    engine->cache = rocksdb_cache_create_lru(options->cache_byte_count);
    engine->table = rocksdb_block_based_options_create();
    rocksdb_block_based_options_set_block_cache(engine->table, engine->cache);
    rocksdb_block_based_options_set_filter_policy(
        engine->table, rocksdb_filterpolicy_create_bloom_full(10));
    engine->options = rocksdb_options_create();
    rocksdb_options_set_create_if_missing(engine->options, 1);
    rocksdb_options_set_compression(engine->options, compression);
    rocksdb_options_set_block_based_table_factory(engine->options, engine->table);
    engine->reading = rocksdb_readoptions_create();
    engine->writing = rocksdb_writeoptions_create();
    rocksdb_writeoptions_set_sync(engine->writing, options->durable);
    char *error = NULL;
    engine->db = rocksdb_open(engine->options, options->path, &error);
    if (checked(error) == 0) return engine;
    release(engine);
    return NULL;
}

static void *open_snappy(const struct peer_options *options) {
    return open_with(options, rocksdb_snappy_compression);
}

static void *open_zlib(const struct peer_options *options) {
    return open_with(options, rocksdb_zlib_compression);
}

static int close_engine(void *state) {
    struct engine *engine = state;
    char *error = NULL;
    rocksdb_flushoptions_t *flushing = rocksdb_flushoptions_create();
    rocksdb_flush(engine->db, flushing, &error);
    rocksdb_flushoptions_destroy(flushing);
    rocksdb_close(engine->db);
    release(engine);
    return checked(error);
}

static void *begin(void *state) { return state; }

static void end(void *session) { (void)session; }

static int put(
    void *session, const void *key, size_t key_length, const void *value, size_t value_length
) {
    struct engine *engine = session;
    char *error = NULL;
    rocksdb_put(engine->db, engine->writing, key, key_length, value, value_length, &error);
    return checked(error);
}

static int remove_key(void *session, const void *key, size_t key_length) {
    struct engine *engine = session;
    char *error = NULL;
    rocksdb_delete(engine->db, engine->writing, key, key_length, &error);
    return checked(error);
}

static int commit(
    void *session, size_t count, const void *keys, size_t key_length, const void *values,
    size_t value_length
) {
    struct engine *engine = session;
    char *error = NULL;
    rocksdb_writebatch_t *batch = rocksdb_writebatch_create();
    for (size_t index = 0; index < count; index++)
        rocksdb_writebatch_put(
            batch, (const char *)keys + index * key_length, key_length,
            (const char *)values + index * value_length, value_length);
    rocksdb_write(engine->db, engine->writing, batch, &error);
    rocksdb_writebatch_destroy(batch);
    return checked(error);
}

// Pinned, so that the one copy made is the caller's.
static int get(
    void *session, const void *key, size_t key_length, void **value, size_t *value_length
) {
    struct engine *engine = session;
    char *error = NULL;
    rocksdb_pinnableslice_t *slice =
        rocksdb_get_pinned(engine->db, engine->reading, key, key_length, &error);
    if (!slice) return checked(error);
    size_t length;
    const char *bytes = rocksdb_pinnableslice_value(slice, &length);
    int result = peer_copy(bytes, length, value, value_length);
    rocksdb_pinnableslice_destroy(slice);
    return result;
}

static int scan(
    void *session, const void *start, size_t start_length, size_t prefix_length, size_t limit,
    struct peer_records *records
) {
    struct engine *engine = session;
    int result = 0;
    rocksdb_iterator_t *iterator = rocksdb_create_iterator(engine->db, engine->reading);
    rocksdb_iter_seek(iterator, start, start_length);
    while (result == 0 && records->count < limit && rocksdb_iter_valid(iterator)) {
        size_t key_length, value_length;
        const char *key = rocksdb_iter_key(iterator, &key_length);
        if (!peer_matches(key, key_length, start, prefix_length)) break;
        const char *value = rocksdb_iter_value(iterator, &value_length);
        result = peer_append(records, key, key_length, value, value_length);
        if (records->count < limit) rocksdb_iter_next(iterator);
    }
    char *error = NULL;
    rocksdb_iter_get_error(iterator, &error);
    rocksdb_iter_destroy(iterator);
    return checked(error) == 0 ? result : -1;
}

#define SETTINGS                                                                                   \
    "defaults (WAL, leveled, write buffer 64 MiB, 4 KiB blocks, 2 background jobs), block cache of " \
    "--cache-bytes, Bloom filter of 10 bits a key, flushed before it is closed; un-synced: sync=false, "  \
    "the WAL is handed to the operating system; durable: sync=true"

const struct peer peer_rocksdb = {
    .name = "rocksdb", .settings = "snappy (the default); " SETTINGS, .open = open_snappy,
    .close = close_engine, .begin = begin, .end = end, .put = put, .remove = remove_key,
    .commit = commit, .get = get, .scan = scan,
};

const struct peer peer_rocksdb_zlib = {
    .name = "rocksdb-zlib", .settings = "zlib on every level; " SETTINGS, .open = open_zlib,
    .close = close_engine, .begin = begin, .end = end, .put = put, .remove = remove_key,
    .commit = commit, .get = get, .scan = scan,
};

#else
typedef int cairn_rocksdb_is_absent;
#endif
