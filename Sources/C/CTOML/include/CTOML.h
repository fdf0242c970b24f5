#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// What a TOML document holds, as a walk over its tree: a table or an array is followed by its children and an END.
// Children of a table come in the order of their keys, not of the file; positions tell the order.
typedef enum ctoml_kind {
    CTOML_TABLE,
    CTOML_ARRAY,
    CTOML_END,
    CTOML_STRING,
    CTOML_INTEGER,
    CTOML_FLOAT,
    CTOML_BOOLEAN,
    CTOML_DATE_OR_TIME,
} ctoml_kind;

// Lines and columns count from 1; columns count code points. `key` is NULL for the root and for array elements.
// Every pointer is valid during the call of the visitor only; texts may hold NUL bytes and carry no terminator.
typedef struct ctoml_event {
    ctoml_kind kind;
    const char *key;
    size_t key_length;
    uint32_t key_line, key_column;
    uint32_t line, column;
    const char *text;
    size_t text_length;
    int64_t integer; // also 0 or 1 of a boolean
    double floating;
} ctoml_event;

typedef void (*ctoml_visitor)(void *context, const ctoml_event *event);

typedef enum ctoml_status {
    CTOML_OK,
    CTOML_SYNTAX,   // `error` says what and where
    CTOML_TOO_DEEP, // keys with more than `max_depth` parts, or values nested deeper; `error` says where
    CTOML_FAILED,   // out of memory
} ctoml_status;

typedef struct ctoml_error {
    uint32_t line, column;
    char message[256];
} ctoml_error;

// Parses `length` bytes and walks the tree. No byte sequence crashes it and no exception leaves it.
// The visitor is not called at all unless the whole document is right.
ctoml_status ctoml_parse(
    const char *text, size_t length, size_t max_depth, void *context, ctoml_visitor visitor, ctoml_error *error);

#ifdef __cplusplus
}
#endif
