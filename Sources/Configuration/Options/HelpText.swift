/// The text of `--help`, made from the same tables that the parser and the environment use.
enum HelpText {
    private static let width = 80
    private static let indent = 32

    static var whole: String {
        """
        usage: darktrace-exporter [<flags>] [<command>]

        Polls the signed API of Darktrace appliances and serves what it counts to
        Prometheus.

        Commands:
        \(rows(Command.allCases.map { ("  \($0.rawValue)", $0.help) }))

        Flags (--flag=value or --flag value):
        \(rows(Flag.table.filter { $0.command == nil }.map { (left($0), $0.help) }))

        Flags of backfill alone:
        \(rows(Flag.table.filter { $0.command == .backfill }.map { (left($0), $0.help) }))

        Environment, for one appliance without a configuration file:
        \(rows(Variable.allCases.map { ("  \($0.rawValue)", $0.help) }))

        """
    }

    private static func left(_ flag: Flag) -> String {
        let start = flag.short.map { "  -\($0), " } ?? "      "
        let name = flag.name.rawValue
        switch flag.kind {
        case .action: return "\(start)--\(name)"
        case .boolean: return "\(start)--[no-]\(name)"
        case .value(let usual): return "\(start)--\(name)=\(usual.isEmpty ? "\"\"" : usual)"
        }
    }

    /// Two columns; a left side that is too long has its right side begin on the next line.
    private static func rows(_ rows: [(left: String, right: String)]) -> String {
        rows.map { row in
            let margin = String(repeating: " ", count: indent)
            let lines = wrapped(row.right)
            guard row.left.count + 2 <= indent else {
                return ([row.left] + lines.map { margin + $0 }).joined(separator: "\n")
            }
            let first = row.left + margin.dropFirst(row.left.count) + (lines.first ?? "")
            return ([first] + lines.dropFirst().map { margin + $0 }).joined(separator: "\n")
        }
        .joined(separator: "\n")
    }

    private static func wrapped(_ text: String) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, last.count + 1 + word.count <= width - indent {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}
