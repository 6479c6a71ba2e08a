import Values

/// Everything that appliances are read from, as it was read last: the main file or the variables, and the files of
/// `appliance_files`.
package struct ApplianceSources: Sendable {
    /// The values of `global`.
    var global = ApplianceDraft()
    /// The appliances of the main file or of the variables.
    var main: [ApplianceReader.Located] = []
    /// Where the other files are.
    var patterns = FilePatterns()
    /// Knows the secrets of the environment.
    var redaction = Redaction()
    private(set) var files: [ApplianceListFile] = []
    /// The patterns of which a directory could not be read.
    private(set) var unreadable: [String] = []

    /// What the sources say together.
    struct Merged {
        /// In the order of the sources; each name once.
        var appliances: [ApplianceReader.Located] = []
        /// One for each place of a name that several files have and that is not used.
        var clashes: [ConfigurationError] = []
    }

    /// Reads the files that match the patterns.
    ///
    /// - Parameters:
    ///   - former: What was read before.
    ///   - changed: The files that may be read; others stay as they were read. Nil reads all.
    mutating func readFiles(_ reader: ApplianceReader, former: ApplianceSources, changed: Set<String>? = nil) {
        let known = Dictionary(former.files.map { ($0.path, $0) }) { first, _ in first }
        let matches = patterns.files()
        unreadable = matches.unreadable
        // A file that is gone, but not for long enough, stays as well, and so does one that may exist.
        let kept = known.keys.filter { path in changed.map { !$0.contains(path) } ?? false || matches.mayHave(path) }
        files = Set(matches.paths).union(kept).sorted().compactMap { path in
            guard changed?.contains(path) ?? true else { return known[path]?.evaluated(reader, global: global) }
            return ApplianceListFile(
                reading: path, after: known[path], reader, global: global, redaction: redaction)
        }
    }

    /// Merges all sources.
    ///
    /// An appliance whose name several files have belongs to the one whose URL the ledger recorded: another customer's
    /// appliance must not continue its counts.
    func merged(recordedURLs: [String: String]) -> Merged {
        var claims: [String: [ApplianceReader.Located]] = [:]
        let all = main + files.flatMap(\.appliances)
        for one in all { claims[one.appliance.name, default: []].append(one) }
        var merged = Merged()
        for one in all {
            let name = one.appliance.name
            let others = claims[name] ?? []
            guard others.count > 1 else {
                merged.appliances.append(one)
                continue
            }
            let owners = others.filter { $0.appliance.recordedURL == recordedURLs[name] }
            if owners.count == 1, owners[0].place == one.place {
                merged.appliances.append(one)
            } else {
                let places = others.filter { $0.place != one.place }.map(\.place.description)
                let loss = owners.count == 1 ? "this one is not polled" : "none of them is polled"
                merged.clashes.append(
                    ConfigurationError(
                        place: one.place,
                        problem: "\(redaction.shownWhole(name)) is also the name of \(places.joined(separator: ", ")), "
                            + "and \(loss); give each its own name"))
            }
        }
        return merged
    }

    /// The mistakes of the patterns.
    var patternErrors: [ConfigurationError] { patterns.errors(of: FilePatterns.Matches(unreadable: unreadable)) }

    /// The mistakes of the patterns and of all files.
    var errors: [ConfigurationError] { patternErrors + files.flatMap(\.errors) }

    /// The warnings of all files.
    var warnings: [Warning] { files.flatMap(\.warnings) }

    /// The warnings of these files.
    func warnings(of paths: Set<String>) -> [Warning] {
        files.filter { paths.contains($0.path) }.flatMap(\.warnings)
    }

    /// The version of each file that was read.
    var versions: [String: FileVersion] { Dictionary(files.map { ($0.path, $0.version) }) { first, _ in first } }
}

extension Settings.Appliance {
    /// The URL by which the ledger recognises the appliance.
    package var recordedURL: String { "\(WebURL(url))" }
}

extension Settings {
    /// What became of one file that appliances are read from.
    package struct FileState: Sendable, Equatable {
        /// As it was named, or as a pattern matched it.
        package let path: String
        /// What is wrong with it; empty if all of its content is used.
        package let errors: [ConfigurationError]

        /// The parts as given.
        package init(path: String, errors: [ConfigurationError] = []) {
            self.path = path
            self.errors = errors
        }
    }
}
