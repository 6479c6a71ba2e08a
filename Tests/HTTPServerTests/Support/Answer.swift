/// What came back over a socket, taken apart as far as it goes.
struct Answer {
    let status: Int?
    let head: String
    let body: [UInt8]
    let end: RawClient.End
    private let isToHead: Bool

    init(_ bytes: [UInt8], toHead: Bool = false, end: RawClient.End = .enough) {
        let blank = bytes.withUnsafeBytes { bytes in
            (0..<max(0, bytes.count - 3)).first {
                bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self) == 0x0a0d_0a0d
            }
        }
        head = blank.map { String(decoding: bytes[..<$0], as: UTF8.self) } ?? ""
        body = blank.map { Array(bytes[($0 + 4)...]) } ?? []
        status = head.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        isToHead = toHead
        self.end = end
    }

    var text: String { String(decoding: body, as: UTF8.self) }

    /// The values of all lines of this name.
    func values(of name: String) -> [String] {
        head.split(separator: "\r\n").dropFirst().compactMap { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == name.lowercased() else { return nil }
            return String(parts[1].drop { $0 == " " })
        }
    }

    func value(of name: String) -> String? { values(of: name).first }

    /// Whether nothing more is to come.
    var isWhole: Bool {
        guard !head.isEmpty else { return false }
        if isToHead { return true }
        if let length = value(of: "Content-Length").flatMap({ Int($0) }) { return body.count >= length }
        if value(of: "Transfer-Encoding") == "chunked" { return dechunked?.isWhole ?? false }
        return status == 204 || status == 304
    }

    /// The body with its chunks joined; not whole while the last, empty chunk is missing.
    var dechunked: (bytes: [UInt8], isWhole: Bool)? {
        var rest = body[...]
        var joined: [UInt8] = []
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let line = String(decoding: rest[..<end].dropLast(), as: UTF8.self)
            guard let size = Int(line, radix: 16) else { return nil }
            rest = rest[(end + 1)...]
            if size == 0 { return (joined, true) }
            joined += rest.prefix(size)
            guard rest.count >= size + 2 else { return (joined, false) }
            rest = rest.dropFirst(size + 2)
        }
        return (joined, false)
    }
}
