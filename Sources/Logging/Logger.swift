/// How important a line is.
package enum LogLevel: String, Sendable, CaseIterable, Comparable {
    /// Details for someone who examines a problem.
    case debug
    /// Normal operation.
    case info
    /// A condition that may need an operator.
    case warn
    /// A condition that needs an operator.
    case error

    /// From `debug` to `error`.
    package static func < (one: Self, other: Self) -> Bool { one.rank < other.rank }

    private var rank: Int {
        switch self {
        case .debug: 0
        case .info: 1
        case .warn: 2
        case .error: 3
        }
    }
}

/// Writes log lines of a level or above in one format.
package struct Logger: Sendable {
    /// Lines below it are not written.
    package let level: LogLevel
    /// Lines that were lost because the reader of the log was too slow.
    package let droppedLines: @Sendable () -> Int
    private let format: LogFormat
    private let write: @Sendable ([UInt8]) -> Void

    /// Logs through a writer, which reports the lines that it dropped in the same format.
    package init(level: LogLevel, format: LogFormat, writer: LogWriter) {
        self.init(level: level, format: format, write: writer.write, droppedLines: { writer.droppedLines })
        writer.reportDrops { count in
            LogLine(
                milliseconds: UTC.now, level: .warn, message: "Dropped log lines, standard error was not read",
                fields: [("count", String(count))]
            ).encoded(as: format)
        }
    }

    /// Logs through a closure that takes one whole line with its newline.
    package init(
        level: LogLevel, format: LogFormat, write: @escaping @Sendable ([UInt8]) -> Void,
        droppedLines: @escaping @Sendable () -> Int = { 0 }
    ) {
        self.level = level
        self.format = format
        self.write = write
        self.droppedLines = droppedLines
    }

    /// Logs details for someone who examines a problem.
    package func debug(_ message: String, _ fields: (key: String, value: String)...) { log(.debug, message, fields) }

    /// Logs normal operation.
    package func info(_ message: String, _ fields: (key: String, value: String)...) { log(.info, message, fields) }

    /// Logs a condition that may need an operator.
    package func warn(_ message: String, _ fields: (key: String, value: String)...) { log(.warn, message, fields) }

    /// Logs a condition that needs an operator.
    package func error(_ message: String, _ fields: (key: String, value: String)...) { log(.error, message, fields) }

    /// Logs what a setting of its own asks for, whatever the level.
    package func record(_ message: String, _ fields: [(key: String, value: String)]) {
        write(LogLine(milliseconds: UTC.now, level: .info, message: message, fields: fields).encoded(as: format))
    }

    /// Logs a constant message with its variable parts as fields.
    package func log(_ level: LogLevel, _ message: String, _ fields: [(key: String, value: String)]) {
        guard level >= self.level else { return }
        write(LogLine(milliseconds: UTC.now, level: level, message: message, fields: fields).encoded(as: format))
    }
}
