import Values

extension ValueReader {
    /// A path that is relative to the folder of the configuration file.
    func filePath() throws(ConfigurationError) -> String {
        let text = try text("the name of a file")
        guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
            throw error("must not hold control characters")
        }
        guard !text.hasPrefix("/"), let slash = file.path.lastIndex(of: "/") else { return text }
        return file.path[...slash] + text
    }

    /// The path of a PEM file that exists and holds such a block.
    func pemPath(_ block: PEMFile.Block) throws(ConfigurationError) -> String {
        let path = try filePath()
        do {
            return try PEMFile.checked(path, holds: block)
        } catch {
            throw self.error("\(file.redaction.shownWhole(path)): \(error.description)")
        }
    }
}
