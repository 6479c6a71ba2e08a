/// The text of `--help`, made from the rows of flags and keys.
enum HelpText {
    private static let width = 80
    private static let indent = 32

    static var whole: String {
        """
        usage: darktrace-exporter [<flags>] [<command>]

        Polls the API of Darktrace appliances and exposes metrics for Prometheus.

        Commands:
        \(rows(Command.allCases.map { ("  \($0.rawValue)", $0.help) }))

        Flags (--flag=value or --flag value):
        \(rows(Flag.table.filter { $0.command == nil }.map { (left($0), $0.help) }))

        Flags for check:
        \(rows(Flag.table.filter { $0.command == .check }.map { (left($0), $0.help) }))

        Flags for state:
        \(rows(Flag.table.filter { $0.command == .state }.map { (left($0), $0.help) }))

        Flags for backfill:
        \(rows(Flag.table.filter { $0.command == .backfill }.map { (left($0), $0.help) }))

        Every flag can be given as a variable; the command line takes precedence:
        --web.max-requests is DARKTRACE_EXPORTER_WEB_MAX_REQUESTS.

        Environment, for one appliance without a configuration file:
        \(rows(variables.map { ("  \($0.variable)", $0.help) }))

        """
    }

    /// The help of one command.
    static func text(_ command: Command) -> String {
        let operands = command.operands.map { " \($0)" } ?? ""
        let flags = Flag.table.filter { $0.command == nil || $0.command == command }
        return """
            usage: darktrace-exporter \(command.rawValue) [<flags>]\(operands)

            \(wrapped(command.help, width: width).joined(separator: "\n"))

            Flags (--flag=value or --flag value):
            \(rows(flags.map { (left($0), $0.help) }))

            """
    }

    /// Those that are required come first.
    private static var variables: [ApplianceKey] {
        let required = ["url", "public_token", "public_token_file", "private_token", "private_token_file"]
        return required.compactMap { name in ApplianceKey.all.first { $0.name == name } }
            + ApplianceKey.all.filter { !required.contains($0.name) }
    }

    private static func left(_ flag: Flag) -> String {
        let start = flag.short.map { "  -\($0), " } ?? "      "
        let name = flag.name
        switch flag.kind {
        case .action: return "\(start)--\(name)"
        case .boolean: return "\(start)--[no-]\(name)"
        case .value(let preset, _): return "\(start)--\(name)=\(preset.isEmpty ? "\"\"" : preset)"
        }
    }

    /// Two columns; a left side that is too long has its right side start on the next line.
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

    private static func wrapped(_ text: String, width: Int = width - indent) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, last.count + 1 + word.count <= width {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}
