#ifdef CAIRN_PEER_WIREDTIGER

#include "peer.h"

#include <stdio.h>
#include <wiredtiger.h>

struct session {
    WT_SESSION *session;
    WT_CURSOR *cursor;
};

static int checked(int code) { return code == 0 ? 0 : peer_failed(wiredtiger_strerror(code)); }

static void *open_engine(const struct peer_options *options) {
    char configuration[512];
    snprintf(
        configuration, sizeof configuration,
        "create,cache_size=%lluB,session_max=200,log=(enabled=true),checkpoint=(wait=30),"
        "transaction_sync=(enabled=true,method=%s)",
        (unsigned long long)options->cache_byte_count, options->durable ? "fsync" : "none");
    WT_CONNECTION *connection = NULL;
    WT_SESSION *session = NULL;
    int code = wiredtiger_open(options->path, NULL, configuration, &connection);
    if (code == 0) code = connection->open_session(connection, NULL, NULL, &session);
    if (code == 0) code = session->create(session, "table:kv", "key_format=u,value_format=u");
    if (code == 0) code = session->close(session, NULL);
    if (checked(code) == 0) return connection;
    if (connection) connection->close(connection, NULL);
    return NULL;
}

static int close_engine(void *state) {
    WT_CONNECTION *connection = state;
    return checked(connection->close(connection, NULL));
}

static void *begin(void *state) {
    WT_CONNECTION *connection = state;
    struct session *session = calloc(1, sizeof *session);
    if (!session) return peer_failed("no memory"), NULL;
    int code = connection->open_session(connection, NULL, NULL, &session->session);
    if (code == 0)
        code = session->session->open_cursor(
            session->session, "table:kv", NULL, NULL, &session->cursor);
    if (checked(code) == 0) return session;
    if (session->session) session->session->close(session->session, NULL);
    free(session);
    return NULL;
}

static void end(void *state) {
    struct session *session = state;
    session->session->close(session->session, NULL);
    free(session);
}

// A conflict with another session's write rolls back; whoever meets one tries again.
static int put(
    void *state, const void *key, size_t key_length, const void *value, size_t value_length
) {
    WT_CURSOR *cursor = ((struct session *)state)->cursor;
    WT_ITEM key_item = {.data = key, .size = key_length};
    WT_ITEM value_item = {.data = value, .size = value_length};
    int code;
    do {
        cursor->set_key(cursor, &key_item);
        cursor->set_value(cursor, &value_item);
        code = cursor->insert(cursor);
    } while (code == WT_ROLLBACK);
    return checked(code);
}

static int remove_key(void *state, const void *key, size_t key_length) {
    WT_CURSOR *cursor = ((struct session *)state)->cursor;
    WT_ITEM item = {.data = key, .size = key_length};
    int code;
    do {
        cursor->set_key(cursor, &item);
        code = cursor->remove(cursor);
    } while (code == WT_ROLLBACK);
    cursor->reset(cursor);
    return code == WT_NOTFOUND ? 0 : checked(code);
}

static int commit(
    void *state, size_t count, const void *keys, size_t key_length, const void *values,
    size_t value_length
) {
    struct session *session = state;
    WT_CURSOR *cursor = session->cursor;
    int code;
    do {
        code = session->session->begin_transaction(session->session, NULL);
        for (size_t index = 0; index < count && code == 0; index++) {
            WT_ITEM key = {
                .data = (const char *)keys + index * key_length, .size = key_length};
            WT_ITEM value = {
                .data = (const char *)values + index * value_length, .size = value_length};
            cursor->set_key(cursor, &key);
            cursor->set_value(cursor, &value);
            code = cursor->insert(cursor);
        }
        if (code == 0)
            code = session->session->commit_transaction(session->session, NULL);
        else
            session->session->rollback_transaction(session->session, NULL);
    } while (code == WT_ROLLBACK);
    return checked(code);
}

static int get(
    void *state, const void *key, size_t key_length, void **value, size_t *value_length
) {
    WT_CURSOR *cursor = ((struct session *)state)->cursor;
    WT_ITEM item = {.data = key, .size = key_length}, found;
    cursor->set_key(cursor, &item);
    int code = cursor->search(cursor), result = 0;
    if (code == 0) code = cursor->get_value(cursor, &found);
    if (code == 0) result = peer_copy(found.data, found.size, value, value_length);
    cursor->reset(cursor);
    return code == 0 || code == WT_NOTFOUND ? result : checked(code);
}

static int scan(
    void *state, const void *start, size_t start_length, size_t prefix_length, size_t limit,
    struct peer_records *records
) {
    WT_CURSOR *cursor = ((struct session *)state)->cursor;
    WT_ITEM key = {.data = start, .size = start_length}, value;
    int order, result = 0;
    cursor->set_key(cursor, &key);
    int code = cursor->search_near(cursor, &order);
    if (code == 0 && order < 0) code = cursor->next(cursor);
    while (code == 0) {
        code = cursor->get_key(cursor, &key);
        if (code == 0) code = cursor->get_value(cursor, &value);
        if (code != 0 || !peer_matches(key.data, key.size, start, prefix_length)) break;
        result = peer_append(records, key.data, key.size, value.data, value.size);
        if (result != 0 || records->count == limit) break;
        code = cursor->next(cursor);
    }
    cursor->reset(cursor);
    return code == 0 || code == WT_NOTFOUND ? result : checked(code);
}

const struct peer peer_wiredtiger = {
    .name = "wiredtiger",
    .settings = "row store, no block compression (the default), cache of --cache-bytes, log enabled, checkpoint "
                "every 30 s; un-synced: transaction_sync method=none, the log is handed to the operating "
                "system at each commit; durable: method=fsync",
    .open = open_engine, .close = close_engine, .begin = begin, .end = end, .put = put,
    .remove = remove_key, .commit = commit, .get = get, .scan = scan,
};

#else
typedef int cairn_wiredtiger_is_absent;
#endif
