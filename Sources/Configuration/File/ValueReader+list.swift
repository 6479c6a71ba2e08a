extension ValueReader {
    /// The entries of a list, at least one.
    func list(_ wanted: String) throws(ConfigurationError) -> [ValueReader] {
        guard case .sequence(let nodes) = node.content else { throw error("must be a list of \(wanted)") }
        guard !nodes.isEmpty else { throw error("is empty; leave it out or name \(wanted)") }
        return nodes.enumerated().map { index, node in
            ValueReader(file: file, path: "\(path)[\(index)]", line: node.line, node: node)
        }
    }

    /// Whether nothing stands in the list or the mapping.
    var isEmpty: Bool {
        switch node.content {
        case .scalar: false
        case .sequence(let nodes): nodes.isEmpty
        case .mapping(let entries): entries.isEmpty
        }
    }
}
