#ifdef CAIRN_PEER_TKRZW

#include "peer.h"

#include <stdio.h>
#include <tkrzw_langc.h>

struct engine {
    TkrzwDBM *dbm;
    bool durable;
};

static int failed(void) { return peer_failed(tkrzw_get_last_status_message()); }

static void *open_engine(const struct peer_options *options) {
    struct engine *engine = calloc(1, sizeof *engine);
    if (!engine) return peer_failed("no memory"), NULL;
    char path[4096], parameters[256];
    snprintf(path, sizeof path, "%s/kv.tkh", options->path);
    snprintf(
        parameters, sizeof parameters,
        "dbm=HashDBM,file=MemoryMapParallelFile,update_mode=UPDATE_IN_PLACE,num_buckets=%llu",
        (unsigned long long)options->key_count * 2);
    engine->durable = options->durable;
    engine->dbm = tkrzw_dbm_open(path, true, parameters);
    if (engine->dbm) return engine;
    failed();
    free(engine);
    return NULL;
}

static int close_engine(void *state) {
    struct engine *engine = state;
    bool closed = tkrzw_dbm_close(engine->dbm);
    free(engine);
    return closed ? 0 : failed();
}

static void *begin(void *state) { return state; }

static void end(void *session) { (void)session; }

static int settled(struct engine *engine) {
    if (!engine->durable) return 0;
    return tkrzw_dbm_synchronize(engine->dbm, true, NULL, NULL, "") ? 0 : failed();
}

// Not atomic: the engine has no transactions.
static int commit(
    void *session, size_t count, const void *keys, size_t key_length, const void *values,
    size_t value_length
) {
    struct engine *engine = session;
    for (size_t index = 0; index < count; index++) {
        const char *key = (const char *)keys + index * key_length;
        const char *value = (const char *)values + index * value_length;
        if (!tkrzw_dbm_set(
                engine->dbm, key, (int32_t)key_length, value, (int32_t)value_length, true))
            return failed();
    }
    return settled(engine);
}

static int put(
    void *session, const void *key, size_t key_length, const void *value, size_t value_length
) {
    return commit(session, 1, key, key_length, value, value_length);
}

static int remove_key(void *session, const void *key, size_t key_length) {
    struct engine *engine = session;
    if (!tkrzw_dbm_remove(engine->dbm, key, (int32_t)key_length)
        && tkrzw_get_last_status_code() != TKRZW_STATUS_NOT_FOUND_ERROR)
        return failed();
    return settled(engine);
}

// The library's result is from malloc, and the caller's already.
static int get(
    void *session, const void *key, size_t key_length, void **value, size_t *value_length
) {
    struct engine *engine = session;
    int32_t length;
    *value = tkrzw_dbm_get(engine->dbm, key, (int32_t)key_length, &length);
    if (!*value) return tkrzw_get_last_status_code() == TKRZW_STATUS_NOT_FOUND_ERROR ? 0 : failed();
    *value_length = (size_t)length;
    return 1;
}

const struct peer peer_tkrzw = {
    .name = "tkrzw",
    .settings = "HashDBM, 2 buckets a key, updated in place, no checksums, MemoryMapParallelFile; it has no "
                "cache of its own, no order, and batches are not atomic; un-synced: changed in the mapped file, "
                "and a power cut may damage it; durable: Synchronize(hard) after each operation",
    .open = open_engine, .close = close_engine, .begin = begin, .end = end, .put = put,
    .remove = remove_key, .commit = commit, .get = get, .scan = NULL,
};

#else
typedef int cairn_tkrzw_is_absent;
#endif
