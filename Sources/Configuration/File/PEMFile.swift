import Values

/// A look into a PEM file at the start, so that a wrong path is found before the first poll.
enum PEMFile {
    /// What the file must hold at least once.
    enum Block: String {
        case certificate = "CERTIFICATE"
        case privateKey = "PRIVATE KEY"
    }

    /// The path again, if the file there can be read and holds such a block.
    static func checked(_ path: String, holds block: Block) throws(ValidationError) -> String {
        _ = try text(path, holds: block)
        return path
    }

    /// What the file holds, if it is such a block; the largest bundles have half a megabyte.
    static func text(_ path: String, holds block: Block) throws(ValidationError) -> (String, isReadableByOthers: Bool) {
        let content = try FileContent(path: path, limit: 8_388_608)
        let text = try checked(text: String(decoding: content.bytes, as: UTF8.self), holds: block)
        return (text, content.isReadableByOthers)
    }

    /// The text again, if it holds such a block.
    static func checked(text: String, holds block: Block) throws(ValidationError) -> String {
        guard text.contains("-----BEGIN "), text.contains("\(block.rawValue)-----") else {
            throw ValidationError("holds no \(block.rawValue.lowercased()) in PEM form")
        }
        return text
    }
}
