#include "json_document.h"

#include <algorithm>
#include <cstring>
#include <vector>

// RapidJSON then scans strings 16 bytes at a time.
#if defined(__SSE2__)
#define RAPIDJSON_SSE2
#elif defined(__ARM_NEON)
#define RAPIDJSON_NEON
#endif
#include <rapidjson/reader.h>

struct json_document {
    std::vector<json_value> values;
    /// A copy of the text, in which RapidJSON decodes strings in place.
    std::vector<char> text;
};

namespace {

// A large text must not occupy memory for ever.
constexpr size_t kept_bytes = 1 << 20;
// RapidJSON calls itself for each level of nesting. Before that it asks the recorder, which refuses deeper levels.
constexpr size_t max_depth = 512;
// A zero byte ends the text, and what reads 16 bytes at a time must not leave the buffer.
constexpr size_t padding = 32;

/// Appends to a document what RapidJSON finds.
class Recorder : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Recorder> {
public:
    explicit Recorder(json_document &document) : document(document) {}

    bool Null() { return add(JSON_NULL); }
    bool Bool(bool value) { return add(value ? JSON_TRUE : JSON_FALSE); }
    bool RawNumber(const char *text, unsigned count, bool) { return add(JSON_NUMBER, text, count); }
    bool String(const char *text, unsigned count, bool) { return add(JSON_STRING, text, count); }
    bool Key(const char *text, unsigned count, bool) { return add(JSON_STRING, text, count); }
    bool StartArray() { return begin(JSON_ARRAY); }
    bool EndArray(unsigned count) { return end(count); }
    bool StartObject() { return begin(JSON_OBJECT); }
    bool EndObject(unsigned count) { return end(count); }

private:
    json_document &document;
    /// The indices of the arrays and objects that have begun and not ended.
    std::vector<uint32_t> open;

    bool add(json_kind kind) {
        document.values.push_back({static_cast<uint8_t>(kind), 0, 0});
        return true;
    }

    bool add(json_kind kind, const char *text, unsigned count) {
        const auto place = static_cast<uint32_t>(text - document.text.data());
        document.values.push_back({static_cast<uint8_t>(kind), count, place});
        return true;
    }

    bool begin(json_kind kind) {
        if (open.size() == max_depth) return false;
        open.push_back(static_cast<uint32_t>(document.values.size()));
        return add(kind);
    }

    bool end(unsigned count) {
        json_value &value = document.values[open.back()];
        value.count = count;
        value.place = static_cast<uint32_t>(document.values.size());
        open.pop_back();
        return true;
    }
};

template <typename Element> void clear(std::vector<Element> &elements) {
    elements.clear();
    if (elements.capacity() * sizeof(Element) > kept_bytes) std::vector<Element>().swap(elements);
}

/// Whether the text has a byte from 0x1a to 0x1f, which is nowhere allowed: RapidJSON 1.1 overlooks them where it scans
/// 16 bytes at a time.
bool has_overlooked_byte(const char *text, size_t count) {
    bool is_found = false;
    for (size_t index = 0; index < count; index++) is_found |= static_cast<unsigned char>(text[index] - 0x1a) < 6;
    return is_found;
}

/// The index of the first value after one.
size_t after(const json_value *values, size_t index) {
    const json_value &value = values[index];
    return value.kind == JSON_ARRAY || value.kind == JSON_OBJECT ? value.place : index + 1;
}

} // namespace

json_document *json_document_create(void) { return new json_document(); }

void json_document_free(json_document *document) { delete document; }

bool json_document_parse(json_document *document, const char *text, size_t count) {
    clear(document->values);
    clear(document->text);
    // Places are 32 bits; no response is read that far.
    if (count > UINT32_MAX / 2 || has_overlooked_byte(text, count)) return false;
    document->text.resize(count + padding);
    std::copy_n(text, count, document->text.begin());
    constexpr unsigned flags = rapidjson::kParseInsituFlag | rapidjson::kParseNumbersAsStringsFlag;
    rapidjson::InsituStringStream stream(document->text.data());
    rapidjson::Reader reader;
    Recorder recorder(*document);
    // A zero byte before the end also ends the text.
    return !reader.Parse<flags>(stream, recorder).IsError() && stream.Tell() == count;
}

const json_value *json_document_values(const json_document *document) { return document->values.data(); }

const char *json_document_text(const json_document *document) { return document->text.data(); }

size_t json_document_find(const json_document *document, size_t object, const char *key, size_t count) {
    const json_value *values = document->values.data();
    for (size_t index = object + 1; index < values[object].place; index = after(values, index + 1)) {
        const json_value &name = values[index];
        if (name.count == count && std::memcmp(document->text.data() + name.place, key, count) == 0) return index + 1;
    }
    return 0;
}

size_t json_document_next_key(
    const json_document *document, size_t object, size_t last, const char *prefix, size_t prefix_count,
    const char *suffix, size_t suffix_count) {
    const json_value *values = document->values.data();
    size_t index = last == 0 ? object + 1 : after(values, last + 1);
    for (; index < values[object].place; index = after(values, index + 1)) {
        const json_value &name = values[index];
        const char *text = document->text.data() + name.place;
        if (name.count >= prefix_count + suffix_count && std::memcmp(text, prefix, prefix_count) == 0
            && std::memcmp(text + name.count - suffix_count, suffix, suffix_count) == 0) {
            return index;
        }
    }
    return 0;
}
