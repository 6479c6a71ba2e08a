import Values

/// What the command `state` does with the state file.
package enum StateAction: Sendable, Equatable {
    /// Lists the appliances with their feeds.
    case list
    /// Lets the counts of an appliance continue under another name.
    case rename(String, to: String)
    /// Removes the counts of an appliance.
    case forget(String)
    /// Writes a consistent copy to this file.
    case backup(String)
    /// Looks for damage.
    case check
    /// Copies everything to another state: a new file, or the database whose URI is in this file.
    case copy(to: String)

    /// The words after `state`, as the help shows them.
    static let usage = "list | rename <old> <new> | forget <name> | backup <file> | check | copy"
    private static let names = ["list", "rename", "forget", "backup", "check", "copy"]

    /// Reads the words after `state`.
    init(parsing words: [String]) throws(ValidationError) {
        guard let name = words.first else { throw ValidationError("needs one of \(Self.usage)") }
        let operands = Array(words.dropFirst())
        switch (name, operands.count) {
        case ("list", 0): self = .list
        case ("check", 0): self = .check
        case ("copy", 0): self = .copy(to: "")
        case ("rename", 2):
            guard operands[0] != operands[1] else { throw ValidationError("rename needs two different names") }
            self = .rename(operands[0], to: try ApplianceName.checked(operands[1]))
        case ("forget", 1): self = .forget(operands[0])
        case ("backup", 1): self = .backup(try FlagValue.path(operands[0]))
        default:
            guard !Self.names.contains(name) else { throw ValidationError("needs \(Self.usage(of: name))") }
            let nearest = SpellingSuggestion.nearest(to: name, among: Self.names)
            throw ValidationError("needs one of \(Self.usage)" + (nearest.map { "; did you mean \($0)?" } ?? ""))
        }
    }

    /// Whether it changes an appliance, so that the configuration has to be read.
    var changesAppliance: Bool {
        switch self {
        case .rename, .forget: true
        case .list, .backup, .check, .copy: false
        }
    }

    private static func usage(of name: String) -> String {
        switch name {
        case "rename": "rename <old> <new>"
        case "forget": "forget <name>"
        case "backup": "backup <file>"
        default: "\(name) alone"
        }
    }
}
