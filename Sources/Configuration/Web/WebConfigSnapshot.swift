/// One reading of a web configuration and of the files that it names.
package struct WebConfigSnapshot: Sendable {
    /// What was read, or why it cannot be used.
    package let outcome: Result<Content, ConfigurationError>
    private let stamps: [FileVersion]

    /// A good file.
    package struct Content: Sendable {
        /// What it says.
        package let configuration: WebConfiguration
        /// What in it is probably not meant.
        package let warnings: [Warning]
    }

    /// Reads everything now.
    package init(path: String) {
        var parser = WebParser(path)
        do throws(ConfigurationError) {
            outcome = .success(try parser.content())
        } catch {
            outcome = .failure(error)
        }
        stamps = parser.stamps
    }

    /// Whether one of the files has changed since; a `stat` each.
    package var isStale: Bool { stamps.contains(where: \.isStale) }
}
