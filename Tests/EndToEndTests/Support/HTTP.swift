import Foundation

/// Requests by the real curl, which the set-up installs.
enum HTTP {
    struct Answer {
        let status: Int
        /// As they came, the last block only.
        let headers: [(name: String, value: String)]
        let body: Data

        var text: String { String(decoding: body, as: UTF8.self) }

        func first(_ name: String) -> String? {
            headers.first { $0.name.lowercased() == name.lowercased() }?.value
        }
    }

    /// One request; throws when there was no answer within `seconds`.
    static func request(
        _ url: String, method: String = "GET", headers: [String] = [], seconds: Double = 10, arguments: [String] = []
    ) throws -> Answer {
        var all = ["-sS", "-i", "--max-time", String(seconds), "--http1.1"]
        all += method == "HEAD" ? ["--head"] : ["-X", method]
        for header in headers { all += ["-H", header] }
        let (status, output, errors) = try Command.run("curl", all + arguments + [url])
        guard status == 0 else { throw WaitTimeout(what: "an answer of \(url)", seen: errors) }
        return try parse(output)
    }

    static func get(_ url: String, headers: [String] = []) throws -> Answer { try request(url, headers: headers) }

    private static func parse(_ data: Data) throws -> Answer {
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
        return Answer(
            status: words.count > 1 ? Int(words[1]) ?? 0 : 0, headers: headers, body: Data(data[end.upperBound...]))
    }
}
