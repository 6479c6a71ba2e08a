// SQLite, and the few things of it that Swift cannot say.
#pragma once
#include <sqlite3.h>

// `sqlite3_db_config` is variadic, and Swift imports no variadic function.
static inline int sqlite_set_option(sqlite3 *database, int option, int value) {
    return sqlite3_db_config(database, option, value, (int *)0);
}

// `SQLITE_TRANSIENT` (SQLite copies the bytes) is a cast that Swift does not import.
static inline int sqlite_bind_copied_text(sqlite3_stmt *statement, int index, const char *bytes, sqlite3_uint64 count) {
    return sqlite3_bind_text64(statement, index, bytes, count, SQLITE_TRANSIENT, SQLITE_UTF8);
}
