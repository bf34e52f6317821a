#include "peer.h"

#include <stdio.h>

struct peer_engine {
    const struct peer *peer;
    void *state;
};

struct peer_session {
    const struct peer *peer;
    void *state;
};

static _Thread_local char last_error[512];

static const struct peer *const peers[] = {
#ifdef CAIRN_PEER_ROCKSDB
    &peer_rocksdb,
    &peer_rocksdb_zlib,
#endif
#ifdef CAIRN_PEER_LEVELDB
    &peer_leveldb,
#endif
#ifdef CAIRN_PEER_LMDB
    &peer_lmdb,
#endif
#ifdef CAIRN_PEER_SQLITE
    &peer_sqlite,
#endif
#ifdef CAIRN_PEER_TKRZW
    &peer_tkrzw,
#endif
#ifdef CAIRN_PEER_WIREDTIGER
    &peer_wiredtiger,
#endif
    NULL,
};

static const struct peer *find(const char *name) {
    for (const struct peer *const *peer = peers; *peer; peer++)
        if (strcmp((*peer)->name, name) == 0) return *peer;
    return NULL;
}

int peer_failed(const char *reason) {
    snprintf(last_error, sizeof last_error, "%s", reason ? reason : "no reason given");
    return -1;
}

const char *peer_error(void) { return last_error; }

bool peer_is_present(const char *name) { return find(name) != NULL; }

const char *peer_settings(const char *name) {
    const struct peer *peer = find(name);
    return peer ? peer->settings : NULL;
}

struct peer_engine *peer_open(const char *name, const struct peer_options *options) {
    const struct peer *peer = find(name);
    struct peer_engine *engine = peer ? malloc(sizeof *engine) : NULL;
    if (!engine) return peer_failed("it is not compiled in"), NULL;
    engine->peer = peer;
    engine->state = peer->open(options);
    if (engine->state) return engine;
    free(engine);
    return NULL;
}

int peer_close(struct peer_engine *engine) {
    int result = engine->peer->close(engine->state);
    free(engine);
    return result;
}

struct peer_session *peer_session_begin(struct peer_engine *engine) {
    struct peer_session *session = malloc(sizeof *session);
    if (!session) return peer_failed("no memory"), NULL;
    session->peer = engine->peer;
    session->state = engine->peer->begin(engine->state);
    if (session->state) return session;
    free(session);
    return NULL;
}

void peer_session_end(struct peer_session *session) {
    session->peer->end(session->state);
    free(session);
}

int peer_put(
    struct peer_session *session, const void *key, size_t key_length, const void *value,
    size_t value_length
) {
    return session->peer->put(session->state, key, key_length, value, value_length);
}

int peer_delete(struct peer_session *session, const void *key, size_t key_length) {
    return session->peer->remove(session->state, key, key_length);
}

int peer_commit(
    struct peer_session *session, size_t count, const void *keys, size_t key_length,
    const void *values, size_t value_length
) {
    return session->peer->commit(session->state, count, keys, key_length, values, value_length);
}

int peer_get(
    struct peer_session *session, const void *key, size_t key_length, void **value,
    size_t *value_length
) {
    return session->peer->get(session->state, key, key_length, value, value_length);
}

int peer_scan(
    struct peer_session *session, const void *start, size_t start_length, size_t prefix_length,
    size_t limit, struct peer_records *records
) {
    records->byte_count = 0;
    records->count = 0;
    if (!session->peer->scan) return peer_failed("the engine keeps no order");
    return session->peer->scan(
        session->state, start, start_length, prefix_length, limit, records);
}
