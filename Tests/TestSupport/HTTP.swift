package import Foundation

/// Requests by the curl program, which `.ci/setup` installs.
package enum HTTP {
    package struct Response: Sendable {
        package let status: Int
        /// In the order received.
        package let headers: [(name: String, value: String)]
        package let body: Data

        package var text: String { String(decoding: body, as: UTF8.self) }

        package func first(_ name: String) -> String? {
            headers.first { $0.name.lowercased() == name.lowercased() }?.value
        }
    }

    /// Sends one request.
    ///
    /// - Parameter seconds: Many times what a response takes: on a busy machine, starting curl alone takes some.
    /// - Throws: `WaitTimeout` with the message of curl when there was no response within `seconds`.
    package static func request(
        _ url: String, method: String = "GET", headers: [String] = [], seconds: Double = 60, arguments: [String] = []
    ) throws -> Response {
        var all = ["-sS", "-i", "--max-time", String(seconds), "--http1.1"]
        all += method == "HEAD" ? ["--head"] : ["-X", method]
        for header in headers { all += ["-H", header] }
        let result = try Command.run("curl", all + arguments + [url])
        guard result.status == 0 else { throw WaitTimeout(what: "a response of \(url)", seen: result.errors) }
        return try parse(result.output)
    }

    package static func get(_ url: String, headers: [String] = []) throws -> Response {
        try request(url, headers: headers)
    }

    private static func parse(_ data: Data) throws -> Response {
        guard let end = data.range(of: Data("\r\n\r\n".utf8)) else {
            throw WaitTimeout(what: "a header block", seen: String(decoding: data.prefix(500), as: UTF8.self))
        }
        let lines = String(decoding: data[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        let headers = lines.dropFirst().compactMap { line -> (name: String, value: String)? in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            return (String(line[..<colon]), value)
        }
        let words = (lines.first ?? "").split(separator: " ")
        return Response(
            status: words.count > 1 ? Int(words[1]) ?? 0 : 0, headers: headers, body: Data(data[end.upperBound...]))
    }
}
