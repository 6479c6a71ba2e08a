import Values

/// What `check` examines, and how it prints the result.
package struct CheckOptions: Sendable, Equatable {
    /// The appliances to check; empty for all that are enabled.
    package var names: [String] = []
    /// How the result is written.
    package var output = Output.text
    /// Whether only problems are printed.
    package var isQuiet = false

    /// The defaults.
    package init() {}

    /// How the result is written.
    package enum Output: String, Sendable, CaseIterable { case text, json }

    /// The configured appliances that these options select.
    ///
    /// - Throws: Each name that is not configured.
    func selected(of appliances: [Settings.Appliance]) throws(ConfigurationErrors) -> [Settings.Appliance] {
        guard !names.isEmpty else { return appliances.filter(\.isEnabled) }
        let known = appliances.map(\.name)
        let unknown = names.filter { !known.contains($0) }.map { name in
            let nearest = SpellingSuggestion.nearest(to: name, among: known).map { "; did you mean \($0)?" } ?? ""
            return ConfigurationError(
                place: .arguments, problem: "appliance \(Redaction().shownWhole(name)) is not configured\(nearest)")
        }
        guard unknown.isEmpty else { throw ConfigurationErrors(errors: unknown) }
        return appliances.filter { names.contains($0.name) }
    }
}
