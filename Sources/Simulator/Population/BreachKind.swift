/// How a breach counts, as the population meant it: never read back from an answer, so it can judge who does that.
package enum BreachKind: String, Sendable, CaseIterable {
    case critical, suspicious, informational, compliance

    /// What is left to go by when a record has neither category nor compliance flag.
    init(priority: Int) {
        switch priority {
        case 5: self = .critical
        case 4: self = .suspicious
        default: self = .informational
        }
    }
}
