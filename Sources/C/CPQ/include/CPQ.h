#pragma once
/* libpq for Swift. It is loaded when a PostgreSQL store is opened and not linked: whoever keeps hits in SQLite needs no
   libpq5 on the machine and pays no memory for it. Of its headers only types and prototypes are used. */
#if __has_include(<postgresql/libpq-fe.h>)
#include <postgresql/libpq-fe.h>
#else
#include <libpq-fe.h>
#endif

#define CPQ_FUNCTIONS(F) \
    F(PQlibVersion) \
    F(PQconnectStartParams) F(PQconnectPoll) F(PQfinish) F(PQstatus) F(PQerrorMessage) F(PQsocket) \
    F(PQserverVersion) F(PQparameterStatus) F(PQsslInUse) F(PQhost) F(PQuser) F(PQdb) \
    F(PQconnectionUsedPassword) F(PQconnectionNeedsPassword) F(PQtransactionStatus) F(PQsetNoticeProcessor) \
    F(PQsetnonblocking) F(PQenterPipelineMode) F(PQsendPrepare) F(PQsendQueryPrepared) F(PQsendQueryParams) \
    F(PQpipelineSync) F(PQflush) F(PQconsumeInput) F(PQisBusy) \
    F(PQgetResult) F(PQclear) F(PQresultStatus) F(PQresultErrorField) F(PQresultErrorMessage) \
    F(PQntuples) F(PQnfields) F(PQgetvalue) F(PQgetisnull) F(PQgetlength)

typedef struct {
#define CPQ_FIELD(name) __typeof__(name) *_Nonnull name;
    CPQ_FUNCTIONS(CPQ_FIELD)
#undef CPQ_FIELD
} cpq_library;

/* The library, the same at every call, or NULL with the reason in `error`, NUL-terminated. */
const cpq_library *_Nullable cpq_load(char *_Nonnull error, size_t size);
