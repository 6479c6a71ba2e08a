/// A look into a PEM file at the start, so that a wrong path is found before the first poll.
enum PEMFile {
    /// What the file must hold at least once.
    enum Block: String {
        case certificate = "CERTIFICATE"
        case privateKey = "PRIVATE KEY"
    }

    /// The path again, if the file there can be read and holds such a block; the largest bundles have half a megabyte.
    static func checked(_ path: String, holds block: Block) throws(Objection) -> String {
        let content = try FileContent(path: path, limit: 8_388_608)
        let text = String(decoding: content.bytes, as: UTF8.self)
        guard text.contains("-----BEGIN "), text.contains("\(block.rawValue)-----") else {
            throw Objection("holds no \(block.rawValue.lowercased()) in PEM form")
        }
        return path
    }
}
