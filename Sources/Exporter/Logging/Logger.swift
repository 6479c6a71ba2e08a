package import Configuration
import Glibc

/// Writes lines to standard error, whole and in one system call each.
package struct Logger: Sendable {
    package let level: Settings.Log.Level
    private let format: Settings.Log.Format
    private let write: @Sendable ([UInt8]) -> Void

    /// `write` takes one line with its newline; the default is standard error.
    package init(_ settings: Settings.Log, write: @escaping @Sendable ([UInt8]) -> Void = Self.writeToStandardError) {
        level = settings.level
        format = settings.format
        self.write = write
    }

    /// Something only for a person who looks into a problem.
    package func debug(_ message: String, _ fields: (key: String, value: String)...) { log(.debug, message, fields) }

    /// Something that is as it should be.
    package func info(_ message: String, _ fields: (key: String, value: String)...) { log(.info, message, fields) }

    /// Something that may need a person.
    package func warn(_ message: String, _ fields: (key: String, value: String)...) { log(.warn, message, fields) }

    /// Something that needs a person.
    package func error(_ message: String, _ fields: (key: String, value: String)...) { log(.error, message, fields) }

    /// Writes the line unless its level is below what is asked for.
    package func log(_ level: Settings.Log.Level, _ message: String, _ fields: [(key: String, value: String)]) {
        guard level >= self.level else { return }
        let line = LogLine(milliseconds: UTC.now, level: level, message: message, fields: fields)
        write(line.rendered(as: format))
    }

    /// The real sink; what cannot be written is lost.
    package static let writeToStandardError: @Sendable ([UInt8]) -> Void = { line in
        _ = FileDescriptors.write(line, to: STDERR_FILENO)
    }
}
