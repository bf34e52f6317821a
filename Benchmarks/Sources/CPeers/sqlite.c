#ifdef CAIRN_PEER_SQLITE

#include "peer.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>

// SQLite has one writer at a time, and lets the others poll; a mutex in front of it is fairer and
// faster.
struct engine {
    char path[4096];
    bool durable;
    long long cache_kibibytes;
    pthread_mutex_t writing;
    // Keeps the write-ahead log from being rolled in and out with every session.
    struct session *first;
};

struct session {
    struct engine *engine;
    sqlite3 *db;
    sqlite3_stmt *get, *put, *remove, *scan, *begin, *commit, *rollback;
};

static int failed(sqlite3 *db) { return peer_failed(db ? sqlite3_errmsg(db) : "no memory"); }

static void end(void *state) {
    struct session *session = state;
    sqlite3_finalize(session->get);
    sqlite3_finalize(session->put);
    sqlite3_finalize(session->remove);
    sqlite3_finalize(session->scan);
    sqlite3_finalize(session->begin);
    sqlite3_finalize(session->commit);
    sqlite3_finalize(session->rollback);
    sqlite3_close(session->db);
    free(session);
}

static bool prepare(struct session *session, sqlite3_stmt **statement, const char *text) {
    return sqlite3_prepare_v3(session->db, text, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL)
           == SQLITE_OK;
}

static void *begin(void *state) {
    struct engine *engine = state;
    struct session *session = calloc(1, sizeof *session);
    if (!session) return peer_failed("no memory"), NULL;
    session->engine = engine;
    char setup[512];
    snprintf(
        setup, sizeof setup,
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=%s; PRAGMA cache_size=-%lld;"
        "PRAGMA mmap_size=2147418112;"
        "CREATE TABLE IF NOT EXISTS kv (k BLOB PRIMARY KEY, v BLOB NOT NULL) WITHOUT ROWID;",
        engine->durable ? "FULL" : "NORMAL", engine->cache_kibibytes);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    bool good = sqlite3_open_v2(engine->path, &session->db, flags, NULL) == SQLITE_OK
                && sqlite3_busy_timeout(session->db, 60000) == SQLITE_OK
                && sqlite3_exec(session->db, setup, NULL, NULL, NULL) == SQLITE_OK
                && prepare(session, &session->get, "SELECT v FROM kv WHERE k = ?")
                && prepare(session, &session->put, "REPLACE INTO kv VALUES (?, ?)")
                && prepare(session, &session->remove, "DELETE FROM kv WHERE k = ?")
                && prepare(
                    session, &session->scan,
                    "SELECT k, v FROM kv WHERE k >= ? ORDER BY k LIMIT ?")
                && prepare(session, &session->begin, "BEGIN IMMEDIATE")
                && prepare(session, &session->commit, "COMMIT")
                && prepare(session, &session->rollback, "ROLLBACK");
    if (good) return session;
    failed(session->db);
    end(session);
    return NULL;
}

static void *open_engine(const struct peer_options *options) {
    struct engine *engine = calloc(1, sizeof *engine);
    if (!engine) return peer_failed("no memory"), NULL;
    snprintf(engine->path, sizeof engine->path, "%s/kv.sqlite", options->path);
    engine->durable = options->durable;
    int sessions = options->session_count > 0 ? options->session_count : 1;
    engine->cache_kibibytes = (long long)(options->cache_byte_count / 1024 / sessions);
    pthread_mutex_init(&engine->writing, NULL);
    engine->first = begin(engine);
    if (engine->first) return engine;
    free(engine);
    return NULL;
}

static int close_engine(void *state) {
    struct engine *engine = state;
    end(engine->first);
    pthread_mutex_destroy(&engine->writing);
    free(engine);
    return 0;
}

// Runs a statement that returns no rows.
static int run(sqlite3 *db, sqlite3_stmt *statement) {
    int code = sqlite3_step(statement);
    int result = code == SQLITE_DONE ? 0 : failed(db);
    sqlite3_reset(statement);
    return result;
}

static int put_unlocked(
    struct session *session, const void *key, size_t key_length, const void *value,
    size_t value_length
) {
    sqlite3_bind_blob(session->put, 1, key, (int)key_length, SQLITE_STATIC);
    sqlite3_bind_blob(session->put, 2, value, (int)value_length, SQLITE_STATIC);
    return run(session->db, session->put);
}

static int put(
    void *state, const void *key, size_t key_length, const void *value, size_t value_length
) {
    struct session *session = state;
    pthread_mutex_lock(&session->engine->writing);
    int result = put_unlocked(session, key, key_length, value, value_length);
    pthread_mutex_unlock(&session->engine->writing);
    return result;
}

static int remove_key(void *state, const void *key, size_t key_length) {
    struct session *session = state;
    pthread_mutex_lock(&session->engine->writing);
    sqlite3_bind_blob(session->remove, 1, key, (int)key_length, SQLITE_STATIC);
    int result = run(session->db, session->remove);
    pthread_mutex_unlock(&session->engine->writing);
    return result;
}

static int commit(
    void *state, size_t count, const void *keys, size_t key_length, const void *values,
    size_t value_length
) {
    struct session *session = state;
    pthread_mutex_lock(&session->engine->writing);
    int result = run(session->db, session->begin);
    if (result == 0) {
        for (size_t index = 0; index < count && result == 0; index++)
            result = put_unlocked(
                session, (const char *)keys + index * key_length, key_length,
                (const char *)values + index * value_length, value_length);
        if (result == 0)
            result = run(session->db, session->commit);
        else
            sqlite3_step(session->rollback), sqlite3_reset(session->rollback);
    }
    pthread_mutex_unlock(&session->engine->writing);
    return result;
}

static int get(
    void *state, const void *key, size_t key_length, void **value, size_t *value_length
) {
    struct session *session = state;
    sqlite3_bind_blob(session->get, 1, key, (int)key_length, SQLITE_STATIC);
    int code = sqlite3_step(session->get);
    int result = 0;
    if (code == SQLITE_ROW)
        result = peer_copy(
            sqlite3_column_blob(session->get, 0), (size_t)sqlite3_column_bytes(session->get, 0),
            value, value_length);
    else if (code != SQLITE_DONE)
        result = failed(session->db);
    sqlite3_reset(session->get);
    return result;
}

static int scan(
    void *state, const void *start, size_t start_length, size_t prefix_length, size_t limit,
    struct peer_records *records
) {
    struct session *session = state;
    sqlite3_stmt *scan = session->scan;
    sqlite3_bind_blob(scan, 1, start, (int)start_length, SQLITE_STATIC);
    sqlite3_bind_int64(scan, 2, (sqlite3_int64)limit);
    int code, result = 0;
    while (result == 0 && (code = sqlite3_step(scan)) == SQLITE_ROW) {
        const void *key = sqlite3_column_blob(scan, 0);
        size_t key_length = (size_t)sqlite3_column_bytes(scan, 0);
        if (!peer_matches(key, key_length, start, prefix_length)) break;
        const void *value = sqlite3_column_blob(scan, 1);
        result = peer_append(
            records, key, key_length, value, (size_t)sqlite3_column_bytes(scan, 1));
    }
    if (code != SQLITE_ROW && code != SQLITE_DONE) result = failed(session->db);
    sqlite3_reset(scan);
    return result;
}

const struct peer peer_sqlite = {
    .name = "sqlite",
    .settings = "one table WITHOUT ROWID, WAL with the default checkpoints, prepared statements, a connection a "
                "thread, writers queue on a mutex, caches of --cache-bytes together, mmap 2 GiB; un-synced: "
                "synchronous=NORMAL, the WAL is handed to the operating system; durable: synchronous=FULL",
    .open = open_engine, .close = close_engine, .begin = begin, .end = end, .put = put,
    .remove = remove_key, .commit = commit, .get = get, .scan = scan,
};

#else
typedef int cairn_sqlite_is_absent;
#endif
