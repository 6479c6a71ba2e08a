#include "json_writer.h"

#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <variant>

struct json_writer {
    rapidjson::StringBuffer buffer;
    std::variant<rapidjson::Writer<rapidjson::StringBuffer>, rapidjson::PrettyWriter<rapidjson::StringBuffer>> writer;

    explicit json_writer(bool pretty) {
        if (!pretty) {
            writer.emplace<0>(buffer);
            return;
        }
        writer.emplace<1>(buffer).SetIndent(' ', 2);
    }
};

json_writer *json_writer_create(bool pretty) { return new json_writer(pretty); }

void json_writer_free(json_writer *writer) { delete writer; }

void json_writer_begin_object(json_writer *json) {
    std::visit([](auto &writer) { writer.StartObject(); }, json->writer);
}

void json_writer_end_object(json_writer *json) {
    std::visit([](auto &writer) { writer.EndObject(); }, json->writer);
}

void json_writer_begin_array(json_writer *json) {
    std::visit([](auto &writer) { writer.StartArray(); }, json->writer);
}

void json_writer_end_array(json_writer *json) {
    std::visit([](auto &writer) { writer.EndArray(); }, json->writer);
}

void json_writer_string(json_writer *json, const char *text, size_t count) {
    std::visit(
        [=](auto &writer) { writer.String(text, static_cast<rapidjson::SizeType>(count)); }, json->writer);
}

void json_writer_integer(json_writer *json, int64_t number) {
    std::visit([=](auto &writer) { writer.Int64(number); }, json->writer);
}

const char *json_writer_text(const json_writer *json, size_t *count) {
    *count = json->buffer.GetSize();
    return json->buffer.GetString();
}
