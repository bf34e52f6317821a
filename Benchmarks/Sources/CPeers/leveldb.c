#ifdef CAIRN_PEER_LEVELDB

#include "peer.h"

#include <leveldb/c.h>

struct engine {
    leveldb_t *db;
    leveldb_options_t *options;
    leveldb_cache_t *cache;
    leveldb_filterpolicy_t *filter;
    leveldb_readoptions_t *reading;
    leveldb_writeoptions_t *writing;
};

// Turns the library's error into ours and releases it.
static int checked(char *error) {
    if (!error) return 0;
    peer_failed(error);
    leveldb_free(error);
    return -1;
}

static void release(struct engine *engine) {
    leveldb_writeoptions_destroy(engine->writing);
    leveldb_readoptions_destroy(engine->reading);
    leveldb_options_destroy(engine->options);
    leveldb_filterpolicy_destroy(engine->filter);
    leveldb_cache_destroy(engine->cache);
    free(engine);
}

static void *open_engine(const struct peer_options *options) {
    struct engine *engine = calloc(1, sizeof *engine);
    if (!engine) return peer_failed("no memory"), NULL;
    engine->cache = leveldb_cache_create_lru(options->cache_byte_count);
    engine->filter = leveldb_filterpolicy_create_bloom(10);
    engine->options = leveldb_options_create();
    leveldb_options_set_create_if_missing(engine->options, 1);
    leveldb_options_set_write_buffer_size(engine->options, 16 << 20);
    leveldb_options_set_cache(engine->options, engine->cache);
    leveldb_options_set_filter_policy(engine->options, engine->filter);
    leveldb_options_set_compression(engine->options, leveldb_snappy_compression);
    engine->reading = leveldb_readoptions_create();
    engine->writing = leveldb_writeoptions_create();
    leveldb_writeoptions_set_sync(engine->writing, options->durable);
    char *error = NULL;
    engine->db = leveldb_open(engine->options, options->path, &error);
    if (checked(error) == 0) return engine;
    release(engine);
    return NULL;
}

static int close_engine(void *state) {
    struct engine *engine = state;
    leveldb_close(engine->db);
    release(engine);
    return 0;
}

static void *begin(void *state) { return state; }

static void end(void *session) { (void)session; }

static int put(
    void *session, const void *key, size_t key_length, const void *value, size_t value_length
) {
    struct engine *engine = session;
    char *error = NULL;
    leveldb_put(engine->db, engine->writing, key, key_length, value, value_length, &error);
    return checked(error);
}

static int remove_key(void *session, const void *key, size_t key_length) {
    struct engine *engine = session;
    char *error = NULL;
    leveldb_delete(engine->db, engine->writing, key, key_length, &error);
    return checked(error);
}

static int commit(
    void *session, size_t count, const void *keys, size_t key_length, const void *values,
    size_t value_length
) {
    struct engine *engine = session;
    char *error = NULL;
    leveldb_writebatch_t *batch = leveldb_writebatch_create();
    for (size_t index = 0; index < count; index++)
        leveldb_writebatch_put(
            batch, (const char *)keys + index * key_length, key_length,
            (const char *)values + index * value_length, value_length);
    leveldb_write(engine->db, engine->writing, batch, &error);
    leveldb_writebatch_destroy(batch);
    return checked(error);
}

// The library's result is from malloc, and the caller's already.
static int get(
    void *session, const void *key, size_t key_length, void **value, size_t *value_length
) {
    struct engine *engine = session;
    char *error = NULL;
    *value = leveldb_get(engine->db, engine->reading, key, key_length, value_length, &error);
    if (*value) return 1;
    return checked(error);
}

static int scan(
    void *session, const void *start, size_t start_length, size_t prefix_length, size_t limit,
    struct peer_records *records
) {
    struct engine *engine = session;
    int result = 0;
    leveldb_iterator_t *iterator = leveldb_create_iterator(engine->db, engine->reading);
    leveldb_iter_seek(iterator, start, start_length);
    while (result == 0 && records->count < limit && leveldb_iter_valid(iterator)) {
        size_t key_length, value_length;
        const char *key = leveldb_iter_key(iterator, &key_length);
        if (!peer_matches(key, key_length, start, prefix_length)) break;
        const char *value = leveldb_iter_value(iterator, &value_length);
        result = peer_append(records, key, key_length, value, value_length);
        if (records->count < limit) leveldb_iter_next(iterator);
    }
    char *error = NULL;
    leveldb_iter_get_error(iterator, &error);
    leveldb_iter_destroy(iterator);
    return checked(error) == 0 ? result : -1;
}

const struct peer peer_leveldb = {
    .name = "leveldb",
    .settings = "snappy (the default), write buffer 16 MiB, block cache of --cache-bytes, Bloom filter of 10 "
                "bits a key; un-synced: sync=false, the log is handed to the operating system; durable: "
                "sync=true",
    .open = open_engine, .close = close_engine, .begin = begin, .end = end, .put = put,
    .remove = remove_key, .commit = commit, .get = get, .scan = scan,
};

#else
typedef int cairn_leveldb_is_absent;
#endif
