// A JSON text that RapidJSON has parsed, as a list of its values in the order in which they begin.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum json_kind { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

/// One value. A member of an object is two of them: its key as a string, and its value.
struct json_value {
    /// Of `enum json_kind`.
    uint8_t kind;
    /// The bytes of a number or string, the elements of an array, or the members of an object.
    uint32_t count;
    /// Of a number or string: where its text begins in `json_document_text`. Of an array or object: the index of the
    /// first value after it.
    uint32_t place;
};

struct json_document;

/// A document without values; `json_document_parse` fills it any number of times.
struct json_document *_Nonnull json_document_create(void);
void json_document_free(struct json_document *_Nonnull);

/// Parses a text, and replaces what the document had.
///
/// The text must be valid UTF-8: only its syntax is checked. Numbers stay as they are written, and strings are decoded.
/// False for anything that RFC 8259 does not allow, for a number beyond 1.8e308, and beyond a depth of 512; the document
/// is then without meaning.
bool json_document_parse(struct json_document *_Nonnull, const char *_Nonnull text, size_t count);

/// The values; the first one is the root, and contains all others. Valid as long as the text.
const struct json_value *_Nonnull json_document_values(const struct json_document *_Nonnull);

/// The parsed text, with decoded strings. Valid until it is parsed again; only after a success.
const char *_Nonnull json_document_text(const struct json_document *_Nonnull);

/// The index of the value of a member of an object: the first one with this key; 0 if there is none.
size_t json_document_find(
    const struct json_document *_Nonnull, size_t object, const char *_Nonnull key, size_t count);

/// The index of the next key of an object that has a prefix and, not overlapping it, a suffix; 0 if there is none.
///
/// `last` is the key that was found before, 0 for the first search.
size_t json_document_next_key(
    const struct json_document *_Nonnull, size_t object, size_t last, const char *_Nonnull prefix,
    size_t prefix_count, const char *_Nonnull suffix, size_t suffix_count);

#ifdef __cplusplus
}
#endif
