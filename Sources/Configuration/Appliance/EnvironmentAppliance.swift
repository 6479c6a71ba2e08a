import Values

/// The environment variables that describe one appliance; an empty one counts as not set.
///
/// Each key that holds one value has a variable: `poll_interval` is `DARKTRACE_POLL_INTERVAL`.
struct ApplianceVariables {
    /// The variable that selects this form of configuration.
    static let urlVariable = "DARKTRACE_URL"

    /// The keys whose variables are set, with their values; never empty strings.
    let mapping: MappingReader
    /// Knows the secrets of the environment.
    let redaction: Redaction
    /// The names of the variables that are set, in the order of the keys.
    let names: [String]

    /// The variables of this environment.
    init(_ environment: [String: String]) {
        let set = ApplianceKey.all.compactMap { row in
            environment[row.variable].flatMap { $0.isEmpty ? nil : (row: row, text: $0) }
        }
        var redaction = Redaction()
        for (row, text) in set where row.isSecret {
            if row.name == "proxy_url" { redaction.hidePassword(ofURL: text) } else { redaction.hide(text) }
        }
        let source = ValueSource(file: nil, redaction: redaction)
        mapping = MappingReader(
            variables: set.map { ($0.row.name, ValueReader($0.text, variable: $0.row.variable, source)) },
            place: .variable(Self.urlVariable))
        self.redaction = redaction
        names = set.map(\.row.variable)
    }

    /// Whether `DARKTRACE_URL` is set.
    var isURLSet: Bool { mapping.value("url") != nil }
}

/// The variables that start with `DARKTRACE_` and that this program does not know.
enum UnknownVariables {
    /// Warns of each, with a suggestion; says nothing of those that Kubernetes adds for a Service of that name.
    static func warn(_ environment: [String: String], findings: inout Findings) {
        let known = ApplianceKey.all.map(\.variable) + Flag.table.compactMap(\.variable)
        for name in environment.keys.sorted() where name.hasPrefix("DARKTRACE_") && !known.contains(name) {
            guard !isOfKubernetes(name) else { continue }
            let shown = Redaction().shownWhole(name)
            let nearest = SpellingSuggestion.nearest(to: name, among: known).map { "; did you mean \($0)?" }
            findings.warn(
                .variable(shown == "\"\(name)\"" ? name : shown),
                "unknown variable, without effect\(nearest ?? "; --help lists the variables")")
        }
    }

    /// Whether Kubernetes adds this variable to every container for a Service, as `DARKTRACE_EXPORTER_PORT_13947_TCP`.
    static func isOfKubernetes(_ name: String) -> Bool {
        name.wholeMatch(
            of:
                /DARKTRACE(_[A-Z0-9]+)*_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT(_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)/
        ) != nil
    }
}
