import Values

/// Reads appliances from a configuration file or from the environment.
struct ApplianceReader {
    /// An appliance with the place where it is configured and the files that it names.
    struct Located {
        let appliance: Settings.Appliance
        let place: SourceLocation
        let files: [ApplianceFile]
    }

    /// The feeds that can be configured.
    let feeds: [FeedDeclaration]

    static let filesKey = "appliance_files"
    static let rootKeys = ["global", filesKey, "appliances", StateKeys.key]
    /// The keys of an appliance that hold a mapping.
    static let tlsKey = "tls_config"
    static let feedsKey = "feeds"

    private static let sharedKeys = ApplianceKey.names(.shared) + [feedsKey, ApplianceLabels.key]
    private static let ownKeys = ApplianceKey.names(.appliance) + [LicenseLimits.key, tlsKey]

    private static func keySet(_ names: [String]) -> MappingReader.KeySet {
        MappingReader.KeySet(
            names: names,
            elsewhere: [
                (ApplianceKey.names(.tls), tlsKey), (sharedKeys, "global or an appliance"), (ownKeys, "an appliance"),
                (rootKeys, "the top level"), (StateKeys.names, StateKeys.key),
            ])
    }

    /// The configuration file as a whole.
    static let fileKind = ConfigurationFile.Kind(
        flag: "--config.file", emptyProblem: "it needs at least the list appliances",
        exampleKeys: "global: and appliances:",
        isSecret: { $0.lowercased().hasPrefix("postgres") || ApplianceKey.isSecret($0) })

    /// What the main file holds.
    struct Content {
        var global = ApplianceDraft()
        var appliances: [Located] = []
        /// The patterns of `appliance_files`.
        var patterns: [String] = []
        /// Where the counts are kept; nil without the key `state`.
        var state: Settings.State?
        /// The place of that.
        var statePlace: SourceLocation?
    }

    /// The global values, every appliance of the file with them applied, and the patterns of other files; adds all
    /// mistakes.
    func content(of file: ConfigurationFile, findings: inout Findings) -> Content {
        var content = Content()
        guard let root = MappingReader(ValueReader(rootOf: file), Self.keySet(Self.rootKeys), findings: &findings)
        else { return content }
        if let value = root.value("global"),
            let mapping = MappingReader(value, Self.keySet(Self.sharedKeys), findings: &findings)
        {
            readShared(mapping, into: &content.global, findings: &findings)
        }
        if let value = root.value(StateKeys.key) {
            content.state = StateKeys.read(value, Self.keySet(StateKeys.names), findings: &findings)
            content.statePlace = value.place
        }
        if let value = root.value(Self.filesKey) {
            let patterns = findings.collect { () throws(ConfigurationError) in
                try value.list("patterns like appliances.d/*.yml")
            }
            for pattern in patterns ?? [] {
                findings.collect { () throws(ConfigurationError) in content.patterns.append(try pattern.filePath()) }
            }
        }
        guard let list = root.value("appliances") else {
            if !root.mentions("appliances"), !root.mentions(Self.filesKey) {
                findings.add(
                    root.error("has no appliances; add the list appliances with a name, url and tokens each"))
            }
            return content
        }
        guard case .sequence(let nodes) = list.node.content else {
            findings.add(list.error("must be a list; begin each appliance with - name: …"))
            return content
        }
        guard !nodes.isEmpty || root.mentions(Self.filesKey) else {
            findings.add(list.error("is empty; name at least one appliance"))
            return content
        }
        content.appliances = appliances(of: list, global: content.global, in: file.source, findings: &findings)
        return content
    }

    /// Every appliance of a list with the global values applied; adds all mistakes.
    func appliances(
        of list: ValueReader, global: ApplianceDraft, in source: ValueSource, findings: inout Findings
    ) -> [Located] {
        var located: [Located] = []
        var seen = SeenAppliances()
        for entry in list.elements {
            let mapping = MappingReader(entry, Self.keySet(Self.ownKeys + Self.sharedKeys), findings: &findings)
            guard let mapping else { continue }
            if let appliance = appliance(mapping, global: global, in: source, findings: &findings, seen: &seen) {
                located.append(appliance)
            }
        }
        return located
    }

    /// The one appliance that the variables of the environment describe.
    ///
    /// Its name is the host of the URL unless it is set, in lower case and without port or brackets: it has to be the
    /// same after every start, since it is the key of the ledger.
    func appliance(from variables: ApplianceVariables, findings: inout Findings) -> Located? {
        let mapping = variables.mapping
        var draft = ApplianceDraft()
        var files: [ApplianceFile] = []
        for row in ApplianceKey.all { read(row, mapping, into: &draft, &files, findings: &findings) }
        readTokenPairs(mapping, name: { "DARKTRACE_\($0.uppercased())" }, findings: &findings) { key in
            ConfigurationError(
                place: .variable("DARKTRACE_\(key.uppercased())"),
                problem: "is not set; set it or DARKTRACE_\(key.uppercased())_FILE next to DARKTRACE_URL")
        }
        checkCertificatePair(mapping, name: { "DARKTRACE_\($0.uppercased())" }, findings: &findings)
        if mapping.value("name") == nil { draft.name = draft.url?.host }
        guard var appliance = draft.appliance(feeds: feeds) else { return nil }
        appliance.isFromEnvironment = true
        return Located(appliance: appliance, place: mapping.place, files: files)
    }

    private func appliance(
        _ mapping: MappingReader, global: ApplianceDraft, in source: ValueSource, findings: inout Findings,
        seen: inout SeenAppliances
    ) -> Located? {
        var draft = global
        var files: [ApplianceFile] = []
        for row in ApplianceKey.rows(.appliance) { read(row, mapping, into: &draft, &files, findings: &findings) }
        readShared(mapping, into: &draft, findings: &findings)
        for key in ["name", "url"] where !mapping.mentions(key) {
            findings.add(mapping.error("has no \(key); set \(key)"))
        }
        readTokenPairs(mapping, name: { $0 }, findings: &findings) { key in
            mapping.error("has no \(key.replacing("_", with: " ")); set \(key) or \(key)_file")
        }
        let keys = MappingReader.KeySet(names: ApplianceKey.names(.tls), elsewhere: Self.keySet([]).elsewhere)
        if let value = mapping.value(Self.tlsKey), let tls = MappingReader(value, keys, findings: &findings) {
            for row in ApplianceKey.rows(.tls) { read(row, tls, into: &draft, &files, findings: &findings) }
            checkCertificatePair(tls, name: { $0 }, findings: &findings)
        }
        if let limits = mapping.value(LicenseLimits.key) {
            LicenseLimits.read(limits, into: &draft, findings: &findings)
        }
        if let name = draft.name, let value = mapping.value("name"), let other = seen.names[name] {
            findings.add(
                value.error(
                    "\(source.redaction.shownWhole(name)) is also the name of \(other); give each its own"))
        }
        guard let appliance = draft.appliance(feeds: feeds) else {
            if let name = draft.name { seen.add(name: name, url: nil, at: mapping.place) }
            return nil
        }
        if let problem = ApplianceLabels.problem(of: appliance.presentation.labels) {
            findings.add(mapping.error(problem))
        }
        if let other = seen.urls[appliance.url.key], let value = mapping.value("url") {
            findings.warn(value.place, "is also the url of \(other); every breach is counted under both names")
        }
        seen.add(name: appliance.name, url: appliance.url, at: mapping.place)
        return Located(appliance: appliance, place: mapping.place, files: files)
    }

    private func readShared(_ mapping: MappingReader, into draft: inout ApplianceDraft, findings: inout Findings) {
        var files: [ApplianceFile] = []
        for row in ApplianceKey.rows(.shared) { read(row, mapping, into: &draft, &files, findings: &findings) }
        if let value = mapping.value(Self.feedsKey) {
            FeedKeys(feeds: feeds).read(
                value, statusInterval: mapping.value("status_interval"), into: &draft, findings: &findings)
        }
        if let labels = mapping.value(ApplianceLabels.key) {
            ApplianceLabels.read(labels, into: &draft, findings: &findings)
        }
    }

    private func read(
        _ row: ApplianceKey, _ mapping: MappingReader, into draft: inout ApplianceDraft, _ files: inout [ApplianceFile],
        findings: inout Findings
    ) {
        guard let value = mapping.value(row.name),
            let change = findings.collect({ () throws(ConfigurationError) in try row.read(value) })
        else { return }
        change(&draft)
        if let kind = row.file, let path = try? value.filePath() {
            files.append(ApplianceFile(kind, path: path, value))
        }
        if row.isSecret, row.file == nil, let text = try? value.text(),
            let doubt = (try? Token.checked(text.utf8)).flatMap(Token.doubt), row.name.hasSuffix("_token")
        {
            findings.warn(value.place, doubt)
        }
    }

    private func readTokenPairs(
        _ mapping: MappingReader, name: (String) -> String, findings: inout Findings,
        missing: (String) -> ConfigurationError
    ) {
        for key in ["public_token", "private_token"] {
            switch (mapping.mentions(key), mapping.value("\(key)_file")) {
            case (true, let file?) where mapping.value(key) != nil:
                findings.add(file.error("\(name(key)) is set as well; keep one of the two"))
            case (false, nil) where !mapping.mentions("\(key)_file"): findings.add(missing(key))
            default: break
            }
        }
    }

    private func checkCertificatePair(_ mapping: MappingReader, name: (String) -> String, findings: inout Findings) {
        for (key, other) in [("cert_file", "key_file"), ("key_file", "cert_file")] where !mapping.mentions(other) {
            if let alone = mapping.value(key) { findings.add(alone.error("needs \(name(other)) as well")) }
        }
    }

    /// What the appliances before this one have taken.
    private struct SeenAppliances {
        private(set) var names: [String: String] = [:]
        private(set) var urls: [String: String] = [:]

        mutating func add(name: String, url: BaseURL?, at place: SourceLocation) {
            guard case .file(_, let line?, let key?) = place else { return }
            let text = "\(key) (line \(line))"
            if names[name] == nil { names[name] = text }
            if let url, urls[url.key] == nil { urls[url.key] = text }
        }
    }
}

extension BaseURL {
    /// The same for two spellings of one URL.
    fileprivate var key: String { "\(isSecure) \(host) \(port)" }
}

/// The keys below `feeds`.
struct FeedKeys {
    let feeds: [FeedDeclaration]

    /// A minute is what one poll of a slow endpoint may take; a month is the longest that ids are kept.
    private static let intervals = 1.0...86_400
    private static let windows = 60.0...2_592_000

    /// Reads the mapping of the feeds; adds what is wrong with it.
    ///
    /// - Parameter statusInterval: The older key for the interval of the feed `status`, if it is in the same mapping.
    func read(
        _ value: ValueReader, statusInterval: ValueReader?, into draft: inout ApplianceDraft, findings: inout Findings
    ) {
        let keys = MappingReader.KeySet(names: feeds.map(\.name), elsewhere: [])
        guard let mapping = MappingReader(value, keys, findings: &findings) else { return }
        for feed in feeds {
            guard let value = mapping.value(feed.name) else { continue }
            var names = ["enabled"]
            if feed.defaults.interval != nil { names.append("interval") }
            if feed.defaults.window != nil { names.append("window") }
            let keys = MappingReader.KeySet(names: names, elsewhere: [])
            guard let settings = MappingReader(value, keys, findings: &findings) else { continue }
            if feed.name == "status", let statusInterval, let interval = settings.value("interval") {
                findings.add(
                    interval.error("status_interval is set as well (\(statusInterval.place)); keep one of the two"))
            }
            read(settings, of: feed.name, into: &draft, findings: &findings)
        }
    }

    private func read(
        _ settings: MappingReader, of feed: String, into draft: inout ApplianceDraft, findings: inout Findings
    ) {
        let enabled = settings.value("enabled").flatMap { value in
            findings.collect { () throws(ConfigurationError) in try value.boolean() }
        }
        let interval = settings.value("interval").flatMap { value in
            findings.collect { () throws(ConfigurationError) in try value.duration(Self.intervals) }
        }
        let window = settings.value("window").flatMap { value in
            findings.collect { () throws(ConfigurationError) in try value.duration(Self.windows) }
        }
        draft.changes.append { appliance in
            if let enabled { appliance.feeds[feed]?.isEnabled = enabled }
            if let interval { appliance.feeds[feed]?.interval = interval }
            if let window { appliance.feeds[feed]?.window = window }
        }
    }
}
