/// What `--web.config.file` says of the exporter's own pages.
package struct WebConfiguration: Sendable, Equatable {
    /// The file, as it was named.
    package var path: String
    /// Speaks TLS if set.
    package var tls: ServerTLS?
    /// Who may see the pages, with the bcrypt hash of the password; empty lets everybody in.
    package var users: [String: Secret] = [:]
    /// What every answer carries, in the order of the file.
    package var headers: [Header] = []

    /// A field of an answer's header.
    package struct Header: Sendable, Equatable {
        /// One of five names, in their usual spelling.
        package var name: String
        /// One line.
        package var value: String

        /// The two as given, unchecked.
        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// A file that says nothing yet.
    package init(path: String) { self.path = path }
}
