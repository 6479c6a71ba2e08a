import HTTPServer

/// Answers in the words of an appliance.
enum Reply {
    static let jsonType = "application/json; charset=utf-8"

    /// 200 with a JSON value.
    static func json(_ value: JSON, status: Int = 200) -> Response {
        whole(status, type: jsonType, value.bytes)
    }

    /// 200 with a JSON text that is written while it is sent.
    static func stream(_ body: any BodyStream) -> Response {
        Response(status: 200, headers: [("Content-Type", jsonType)], body: .stream(body))
    }

    /// 400 as every refusal looks: two spaces of indentation, the first segment of the path as the only key.
    static func error(_ text: String, path: String) -> Response {
        let segment = path.split(separator: "/").first.map(String.init) ?? ""
        let (key, value) = (JSON.text(segment).bytes, JSON.text(text).bytes)
        return whole(400, type: jsonType, Array("{\n  ".utf8) + key + Array(": ".utf8) + value + Array("\n}".utf8))
    }

    /// 404 for an object that is not there.
    static func notFound(_ text: String) -> Response { json(["error": .text(text)], status: 404) }

    /// 302 to somewhere, with the words of the framework behind it.
    static func found(_ location: String) -> Response {
        var response = whole(302, type: "text/plain; charset=utf-8", Array("Found. Redirecting to \(location)".utf8))
        response.headers.append(("Location", location))
        return response
    }

    /// A body that stands in memory.
    static func whole(_ status: Int, type: String?, _ bytes: [UInt8]) -> Response {
        Response(
            status: status, headers: type.map { [("Content-Type", $0)] } ?? [], body: .buffers([SharedBuffer(bytes)]))
    }
}
