#ifdef CAIRN_PEER_LMDB

#include "peer.h"

#include <lmdb.h>

struct engine {
    MDB_env *env;
    MDB_dbi dbi;
};

// A reading transaction is kept and renewed: beginning one anew costs more.
struct session {
    struct engine *engine;
    MDB_txn *reading;
    MDB_cursor *cursor;
};

static int checked(int code) { return code == 0 ? 0 : peer_failed(mdb_strerror(code)); }

static void *open_engine(const struct peer_options *options) {
    struct engine *engine = calloc(1, sizeof *engine);
    if (!engine) return peer_failed("no memory"), NULL;
    MDB_txn *txn = NULL;
    unsigned flags = MDB_NOTLS | (options->durable ? 0 : MDB_NOSYNC);
    int code = mdb_env_create(&engine->env);
    if (code == 0) code = mdb_env_set_mapsize(engine->env, (size_t)64 << 30);
    if (code == 0) code = mdb_env_open(engine->env, options->path, flags, 0644);
    if (code == 0) code = mdb_txn_begin(engine->env, NULL, 0, &txn);
    if (code == 0) code = mdb_dbi_open(txn, NULL, 0, &engine->dbi);
    if (code == 0) code = mdb_txn_commit(txn);
    if (checked(code) == 0) return engine;
    if (engine->env) mdb_env_close(engine->env);
    free(engine);
    return NULL;
}

static int close_engine(void *state) {
    struct engine *engine = state;
    int code = mdb_env_sync(engine->env, 1);
    mdb_env_close(engine->env);
    free(engine);
    return checked(code);
}

static void *begin(void *state) {
    struct session *session = calloc(1, sizeof *session);
    if (!session) return peer_failed("no memory"), NULL;
    session->engine = state;
    int code = mdb_txn_begin(session->engine->env, NULL, MDB_RDONLY, &session->reading);
    if (code == 0) code = mdb_cursor_open(session->reading, session->engine->dbi, &session->cursor);
    if (checked(code) == 0) {
        mdb_txn_reset(session->reading);
        return session;
    }
    if (session->reading) mdb_txn_abort(session->reading);
    free(session);
    return NULL;
}

static void end(void *state) {
    struct session *session = state;
    mdb_cursor_close(session->cursor);
    mdb_txn_abort(session->reading);
    free(session);
}

static int commit(
    void *state, size_t count, const void *keys, size_t key_length, const void *values,
    size_t value_length
) {
    struct session *session = state;
    MDB_txn *txn;
    int code = mdb_txn_begin(session->engine->env, NULL, 0, &txn);
    if (code != 0) return checked(code);
    for (size_t index = 0; index < count && code == 0; index++) {
        MDB_val key = {key_length, (char *)keys + index * key_length};
        MDB_val value = {value_length, (char *)values + index * value_length};
        code = mdb_put(txn, session->engine->dbi, &key, &value, 0);
    }
    if (code == 0) return checked(mdb_txn_commit(txn));
    mdb_txn_abort(txn);
    return checked(code);
}

static int put(
    void *state, const void *key, size_t key_length, const void *value, size_t value_length
) {
    return commit(state, 1, key, key_length, value, value_length);
}

static int remove_key(void *state, const void *bytes, size_t key_length) {
    struct session *session = state;
    MDB_txn *txn;
    int code = mdb_txn_begin(session->engine->env, NULL, 0, &txn);
    if (code != 0) return checked(code);
    MDB_val key = {key_length, (void *)bytes};
    code = mdb_del(txn, session->engine->dbi, &key, NULL);
    if (code == 0 || code == MDB_NOTFOUND) return checked(mdb_txn_commit(txn));
    mdb_txn_abort(txn);
    return checked(code);
}

static int get(
    void *state, const void *bytes, size_t key_length, void **value, size_t *value_length
) {
    struct session *session = state;
    int code = mdb_txn_renew(session->reading);
    if (code != 0) return checked(code);
    MDB_val key = {key_length, (void *)bytes}, found;
    code = mdb_get(session->reading, session->engine->dbi, &key, &found);
    int result = code == 0 ? peer_copy(found.mv_data, found.mv_size, value, value_length) : 0;
    mdb_txn_reset(session->reading);
    return code == 0 || code == MDB_NOTFOUND ? result : checked(code);
}

static int scan(
    void *state, const void *start, size_t start_length, size_t prefix_length, size_t limit,
    struct peer_records *records
) {
    struct session *session = state;
    int code = mdb_txn_renew(session->reading);
    if (code == 0) code = mdb_cursor_renew(session->reading, session->cursor);
    if (code != 0) return checked(code);
    MDB_val key = {start_length, (void *)start}, value;
    int result = 0;
    code = mdb_cursor_get(session->cursor, &key, &value, MDB_SET_RANGE);
    while (code == 0 && peer_matches(key.mv_data, key.mv_size, start, prefix_length)) {
        result = peer_append(records, key.mv_data, key.mv_size, value.mv_data, value.mv_size);
        if (result != 0 || records->count == limit) break;
        code = mdb_cursor_get(session->cursor, &key, &value, MDB_NEXT);
    }
    mdb_txn_reset(session->reading);
    return code == 0 || code == MDB_NOTFOUND ? result : checked(code);
}

const struct peer peer_lmdb = {
    .name = "lmdb",
    .settings = "map of 64 GiB, NOTLS, no WRITEMAP, one transaction a put, reading transactions renewed; it "
                "has no cache of its own; un-synced: NOSYNC, pages are handed to the operating system, and a "
                "power cut may damage the database; durable: default flags",
    .open = open_engine, .close = close_engine, .begin = begin, .end = end, .put = put,
    .remove = remove_key, .commit = commit, .get = get, .scan = scan,
};

#else
typedef int cairn_lmdb_is_absent;
#endif
