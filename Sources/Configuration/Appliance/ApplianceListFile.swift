import Glibc
import Values

/// One of `appliance_files`, as it was read last: a mistake in it concerns its own appliances only.
struct ApplianceListFile: Sendable {
    let path: String
    /// The version that was read.
    let version: FileVersion
    /// What is wrong with that version; empty for a good one.
    private(set) var errors: [ConfigurationError] = []
    private(set) var warnings: [Warning] = []
    /// The appliances of the newest good version that this process has read.
    private(set) var appliances: [ApplianceReader.Located] = []
    /// The newest good content, which is evaluated again when the global values change.
    private var content: ConfigurationFile?

    static let fileKind = ConfigurationFile.Kind(
        flag: "appliance_files", emptyProblem: "it needs a list of appliances", exampleKeys: "- name:",
        isList: true, isSecret: ApplianceKey.isSecret)

    /// Reads a file now. If it is bad, the appliances are those of its former content under these global values.
    init(
        reading path: String, after former: ApplianceListFile?, _ reader: ApplianceReader, global: ApplianceDraft,
        redaction: Redaction
    ) {
        self.path = path
        version = FileVersion(path)
        content = former?.content
        var findings = Findings()
        if let new = ConfigurationFile.read(path, Self.fileKind, redaction: redaction, findings: &findings) {
            appliances = reader.appliances(
                of: ValueReader(rootOf: new), global: global, in: new.source, findings: &findings)
            if findings.isGood { content = new }
            if new.isReadableByOthers, let open = appliances.first(where: \.appliance.holdsSecret) {
                findings.warn(open.place, Warning.openFile)
            }
        }
        finish(findings)
        if !errors.isEmpty { useFormerContent(reader, global) }
    }

    /// The same version of the file under other global values.
    func evaluated(_ reader: ApplianceReader, global: ApplianceDraft) -> ApplianceListFile {
        guard errors.isEmpty, let content else {
            var copy = self
            copy.useFormerContent(reader, global)
            return copy
        }
        var copy = self
        var findings = Findings()
        let appliances = reader.appliances(
            of: ValueReader(rootOf: content), global: global, in: content.source, findings: &findings)
        copy.finish(findings)
        if copy.errors.isEmpty { copy.appliances = appliances }
        return copy
    }

    private mutating func finish(_ findings: Findings) {
        warnings = findings.warnings
        errors = []
        do throws(ConfigurationErrors) { try findings.throwErrors() } catch { errors = error.errors }
    }

    private mutating func useFormerContent(_ reader: ApplianceReader, _ global: ApplianceDraft) {
        appliances = []
        guard let content else { return }
        var findings = Findings()
        let former = reader.appliances(
            of: ValueReader(rootOf: content), global: global, in: content.source, findings: &findings)
        if findings.isGood { appliances = former }
    }
}

/// The patterns of `appliance_files`.
struct FilePatterns: Sendable, Equatable {
    /// Absolute, or relative to the working directory; `*`, `?` and `[…]` as in a shell.
    var patterns: [String] = []
    /// The file that names them, which a pattern may match as well.
    var mainFile: String?

    /// More files than this are not read.
    static let countLimit = 10_000

    /// What the patterns match.
    struct Matches: Equatable {
        /// The files that exist now, each once and sorted.
        var paths: [String] = []
        /// The patterns with a directory that could not be read, of whose files nothing is known.
        var unreadable: [String] = []

        /// Whether a file that is not among `paths` may exist all the same.
        func mayHave(_ path: String) -> Bool {
            unreadable.contains { unsafe fnmatch($0, path, FNM_PATHNAME | FNM_PERIOD) == 0 }
        }
    }

    /// Looks for files; a directory that cannot be read concerns its own files only.
    ///
    /// A pattern without a wildcard is always part of the result, so that a missing file is reported.
    func files() -> Matches {
        var matches = Matches()
        var paths: Set<String> = []
        for pattern in patterns {
            guard pattern.contains(where: { "*?[".contains($0) }) else {
                paths.insert(pattern)
                continue
            }
            if let found = Self.glob(pattern, skipsUnreadable: false) {
                paths.formUnion(found)
            } else {
                matches.unreadable.append(pattern)
                paths.formUnion(Self.glob(pattern, skipsUnreadable: true) ?? [])
            }
        }
        if let mainFile { paths = paths.filter { !Self.isSame($0, mainFile) } }
        matches.paths = paths.sorted()
        return matches
    }

    /// The files that match a pattern, at most `countLimit`; nil if a directory could not be read.
    private static func glob(_ pattern: String, skipsUnreadable: Bool) -> [String]? {
        var matches = unsafe glob_t()
        defer { unsafe globfree(&matches) }
        // A directory that does not exist has no files.
        let onError: @convention(c) (UnsafePointer<CChar>?, Int32) -> Int32 = { _, code in
            code == ENOENT || code == ENOTDIR ? 0 : 1
        }
        let status = unsafe Glibc.glob(pattern, 0, skipsUnreadable ? nil : onError, &matches)
        guard status == 0 || status == GLOB_NOMATCH else { return nil }
        var paths: [String] = []
        for index in 0..<(unsafe min(Int(clamping: matches.gl_pathc), countLimit)) {
            guard let path = unsafe matches.gl_pathv[index] else { break }
            paths.append(unsafe String(cString: path))
        }
        return paths
    }

    /// One mistake for each pattern with a directory that could not be read.
    func errors(of matches: Matches) -> [ConfigurationError] {
        matches.unreadable.map { pattern in
            ConfigurationError(
                place: .file(mainFile ?? "", line: nil, key: "appliance_files"),
                problem: "a directory of \(SanitizedText(pattern, limit: 1_000)) cannot be read; "
                    + "let the user of the exporter read it, or change the pattern")
        }
    }

    private static func isSame(_ path: String, _ other: String) -> Bool {
        var (one, two) = (stat(), stat())
        guard unsafe stat(path, &one) == 0, unsafe stat(other, &two) == 0 else { return false }
        return one.st_dev == two.st_dev && one.st_ino == two.st_ino
    }
}
