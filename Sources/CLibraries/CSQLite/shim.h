// SQLite: everything that is used can be called from Swift as it is.
#pragma once
#include <sqlite3.h>
