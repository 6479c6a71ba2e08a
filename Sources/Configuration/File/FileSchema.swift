/// The words of one kind of YAML file, and how its messages speak of it.
struct FileSchema: Sendable {
    /// The flag that names such a file.
    let flag: String
    /// `it needs at least …`: what an empty file lacks.
    let least: String
    /// What stands at the left margin, as an example.
    let likeKeys: String
    /// The keys at the left margin.
    let root: [String]
    /// Whether the value of this key is a secret, the key perhaps misspelt.
    let isSecret: @Sendable (_ key: String) -> Bool
    /// What to do about a key that is not among `known`.
    let advice: @Sendable (_ key: String, _ known: [String]) -> String
}
