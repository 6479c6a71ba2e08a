package import Configuration

/// One line of the log before it is written: a sentence, then facts as key and value.
package struct LogLine: Sendable {
    package let milliseconds: Int64
    package let level: Settings.Log.Level
    package let message: String
    /// Keys in snake case, in the order in which they are written.
    package let fields: [(key: String, value: String)]

    /// `milliseconds` are since 1970, UTC.
    package init(
        milliseconds: Int64, level: Settings.Log.Level, message: String, fields: [(key: String, value: String)]
    ) {
        self.milliseconds = milliseconds
        self.level = level
        self.message = message
        self.fields = fields
    }

    /// The line in one of the two formats, ended by a newline; whatever the values hold, it is one line.
    package func rendered(as format: Settings.Log.Format) -> [UInt8] {
        let all = [("time", UTC.text(milliseconds)), ("level", level.rawValue.uppercased()), ("msg", message)] + fields
        switch format {
        case .logfmt: return Logfmt.line(all)
        case .json: return JSONLine.line(all)
        }
    }
}
