import Darktrace

/// Puts the status line and the header fields together from the lines that libcurl hands over.
///
/// Interim answers (100) are passed over, and so are the fields that may follow a chunked body.
struct HeaderParser {
    enum Progress { case more, complete(ResponseHead), tooLarge }

    private static let byteLimit = 262_144
    private var status = 0
    private var headers: [OutgoingRequest.Header] = []
    private var byteCount = 0
    private var isComplete = false

    mutating func read(_ line: UnsafeRawBufferPointer) -> Progress {
        byteCount += line.count
        guard byteCount <= Self.byteLimit else { return .tooLarge }
        guard !isComplete else { return .more }
        let text = unsafe String(decoding: line, as: UTF8.self)
        let trimmed = Self.trimmed(text)
        if trimmed.hasPrefix("HTTP/"), let status = Self.status(trimmed) {
            self.status = status
            headers = []
        } else if trimmed.isEmpty {
            guard status >= 200 else { return .more }
            isComplete = true
            return .complete(ResponseHead(status: status, headers: headers))
        } else if let colon = trimmed.firstIndex(of: ":") {
            let name = trimmed[..<colon].lowercased()
            headers.append(.init(name, Self.trimmed(trimmed[trimmed.index(after: colon)...])))
        }
        return .more
    }

    private static func status(_ line: String) -> Int? {
        let words = line.split(separator: " ", maxSplits: 2)
        return words.count > 1 ? Int(words[1]) : nil
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        let bytes = Array(text.utf8)
        guard let first = bytes.firstIndex(where: { $0 > 0x20 }), let last = bytes.lastIndex(where: { $0 > 0x20 })
        else { return "" }
        return String(decoding: bytes[first...last], as: UTF8.self)
    }
}
