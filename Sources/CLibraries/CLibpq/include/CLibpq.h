// libpq, loaded when it is first needed: an exporter with a SQLite file neither needs nor maps it.
#pragma once
#if __has_include(<postgresql/libpq-fe.h>)
#include <postgresql/libpq-fe.h>
#else
#include <libpq-fe.h>
#endif

// Each function that is used, with the type that the header of libpq declares.
#define LIBPQ_FUNCTIONS(F)                                                                                             \
    F(PQconninfoParse) F(PQconninfoFree) F(PQconnectStartParams) F(PQconnectPoll) F(PQfinish) F(PQstatus)              \
    F(PQerrorMessage) F(PQsocket) F(PQsetnonblocking) F(PQflush) F(PQconsumeInput) F(PQisBusy) F(PQgetResult)          \
    F(PQsendQuery) F(PQsendQueryParams) F(PQresultStatus) F(PQresultErrorField) F(PQclear) F(PQntuples)                \
    F(PQgetisnull) F(PQgetvalue) F(PQgetlength) F(PQcmdTuples) F(PQfreemem) F(PQsetNoticeReceiver)                     \
    F(PQtransactionStatus) F(PQparameterStatus) F(PQlibVersion)

#define LIBPQ_DECLARE(name) __typeof__(name) *_Nonnull name;

/// The functions of libpq that are used, under their own names.
struct libpq_functions {
    LIBPQ_FUNCTIONS(LIBPQ_DECLARE)
};

/// Loads libpq on the first call; null if it cannot be loaded or lacks a function.
const struct libpq_functions *_Nullable libpq_load(void);

/// Why `libpq_load` returned null: the message of the loader.
const char *_Nonnull libpq_failure(void);
