import Values

/// Reads a web configuration; remembers which files it touched, also when it fails.
struct WebParser {
    private let path: String
    /// Each file as it was before it was read: a change meanwhile shows.
    private(set) var stamps: [FileVersion]
    var warnings: [Warning] = []

    init(_ path: String) {
        self.path = path
        stamps = [FileVersion(path)]
    }

    mutating func content() throws(ConfigurationError) -> WebConfigSnapshot.Content {
        let file = try ConfigurationFile(path: path, vocabulary: WebKeys.vocabulary, redaction: Redaction())
        let root = try MappingReader(file)
        // A file that is being written anew is empty for a moment, and must not open the pages.
        guard WebKeys.root.contains(where: { root.field($0) != nil }) else {
            throw root.error("is empty; \(WebKeys.vocabulary.least)")
        }
        if let field = root.field("rate_limit") {
            throw field.error("is not supported; leave it out, --web.max-requests limits scrapes at the same time")
        }
        var configuration = WebConfiguration(path: path)
        if let field = root.field("tls_server_config") { configuration.tls = try tls(field) }
        if let field = root.field("basic_auth_users") { configuration.users = try Self.users(field) }
        if let field = root.field("http_server_config") {
            let section = try MappingReader(field, known: WebKeys.http)
            if let field = section.field("http2"), try field.flag() {
                warnings.append(Warning(place: field.place, text: "HTTP/2 is not spoken; the pages are HTTP/1.1"))
            }
            if let field = section.field("headers") { configuration.headers = try Self.headers(field) }
        }
        if file.isReadableByOthers, root.field("tls_server_config").flatMap(Self.inlineKey) == true {
            warnings.append(Warning(place: root.place, text: Warning.openFile))
        }
        return WebConfigSnapshot.Content(configuration: configuration, warnings: warnings)
    }

    private static func inlineKey(_ field: ValueReader) -> Bool? {
        guard case .mapping(let entries) = field.node.content else { return nil }
        return entries.contains { $0.key == "key" }
    }

    private static func users(_ field: ValueReader) throws(ConfigurationError) -> [String: Secret] {
        var users: [String: Secret] = [:]
        for (name, field) in try MappingReader(open: field).fields {
            guard !name.isEmpty, !name.contains(":"), name.unicodeScalars.allSatisfy(\.isVisible) else {
                throw field.error(
                    "no user can have this name; it must not be empty nor hold colons or control characters")
            }
            users[name] = try field.parsed("a bcrypt hash", BcryptHash.checked)
        }
        return users
    }

    private static func headers(_ field: ValueReader) throws(ConfigurationError) -> [WebConfiguration.Header] {
        var headers: [WebConfiguration.Header] = []
        for (name, field) in try MappingReader(open: field).fields {
            headers.append(try HeaderRule.checked(name, field))
        }
        return headers
    }

    /// The text of a PEM file, and a note of the file.
    mutating func pem(_ field: ValueReader, _ block: PEMFile.Block) throws(ConfigurationError) -> String {
        let path = try field.filePath()
        stamps.append(FileVersion(path))
        do {
            let (text, isReadableByOthers) = try PEMFile.text(path, holds: block)
            if block == .privateKey, isReadableByOthers {
                warnings.append(
                    Warning(
                        place: field.place,
                        text: "every user of this machine may read the key file "
                            + "\(field.file.redaction.shownWhole(path)); chmod it to 600"))
            }
            return text
        } catch {
            throw field.error("\(field.file.redaction.shownWhole(path)): \(error.description)")
        }
    }
}
