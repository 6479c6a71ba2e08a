// A JSON text that RapidJSON writes.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct json_writer;

/// A writer without text: the functions from `json_writer_begin_object` to `json_writer_integer` add to it.
///
/// - Parameter pretty: Indents by two spaces; otherwise there is no white space.
struct json_writer *_Nonnull json_writer_create(bool pretty);
void json_writer_free(struct json_writer *_Nonnull);

void json_writer_begin_object(struct json_writer *_Nonnull);
void json_writer_end_object(struct json_writer *_Nonnull);
void json_writer_begin_array(struct json_writer *_Nonnull);
void json_writer_end_array(struct json_writer *_Nonnull);
/// A string of UTF-8, or the key of a member.
void json_writer_string(struct json_writer *_Nonnull, const char *_Nonnull text, size_t count);
void json_writer_integer(struct json_writer *_Nonnull, int64_t);

/// The text that was written so far. Valid until more is written.
const char *_Nonnull json_writer_text(const struct json_writer *_Nonnull, size_t *_Nonnull count);

#ifdef __cplusplus
}
#endif
