import Values

/// What the command line asks for.
package enum Invocation: Sendable, Equatable {
    /// Print this text to standard output and exit 0.
    case help(String)
    /// Print the version to standard output and exit 0.
    case version
    /// `--config.check`: everything is good; print that and exit 0. With `isSyntaxOnly` no named file was read.
    case check(Settings, isSyntaxOnly: Bool, warnings: [Warning])
    /// Poll and serve.
    case run(Settings, warnings: [Warning])
    /// `check`: try every appliance and report the results.
    case checkAppliances(Settings, CheckOptions, warnings: [Warning])
    /// `once`: poll every appliance once, print the metrics and exit.
    case once(Settings, warnings: [Warning])
    /// `backfill`: request a part of the past, write it and exit.
    case backfill(Settings, BackfillOptions, warnings: [Warning])
    /// `state`: look at the state file or change it. The appliances are those of the configuration if one is changed.
    case state(StateAction, Settings)
    /// `healthcheck`: request the health page of the running exporter and exit; no configuration file is read.
    case healthcheck(Settings.Web)
}

extension Settings {
    /// Which of the files that a configuration names are read while it is checked.
    private enum FileCheck {
        /// None: `--config.check-syntax`.
        case none
        /// Those of the web configuration. Those of an appliance are read when it is polled, so that a mistake in one
        /// concerns that appliance only.
        case web
        /// All of them: `--config.check`.
        case all
    }

    /// Reads everything that a user can set: the arguments after the program's name, the environment and the
    /// configuration files. Nothing is printed, and nothing waits.
    ///
    /// - Parameters:
    ///   - defaultFile: What is read when `--config.file` is not given.
    ///   - feeds: The feeds that can be configured.
    /// - Throws: All mistakes that can be found in one reading.
    package static func load(
        arguments: [String], environment: [String: String], defaultFile: String = Self.defaultFile,
        feeds: [FeedDeclaration] = FeedDeclaration.builtIn
    ) throws(ConfigurationErrors) -> Invocation {
        var findings = Findings()
        let variables = ApplianceVariables(environment)
        let outcome = Options.read(
            arguments, environment: environment, redaction: variables.redaction, findings: &findings)
        let options: Options
        switch outcome {
        case .help(let command): return .help(command.map(HelpText.text) ?? HelpText.whole)
        case .version: return .version
        case .options(let given): options = given
        }
        var settings = Settings()
        settings.web = options.web
        settings.log = options.log
        if let path = options.statePath { settings.state = .file(path) }
        settings.watchesFile = options.watchesFile
        settings.feeds = feeds
        if options.command == .healthcheck {
            try findings.throwErrors()
            return .healthcheck(settings.web)
        }
        if options.command == .state, !options.stateAction.changesAppliance {
            try findings.throwErrors()
            if options.statePath == nil { settings.readState(options, variables, defaultFile, findings: &findings) }
            try findings.throwErrors()
            return .state(options.stateAction, settings)
        }
        let check: FileCheck = options.isSyntaxCheckOnly ? .none : options.isCheckOnly ? .all : .web
        if let source = findings.collect({ () throws(ConfigurationError) in
            try chosenSource(options, variables, defaultFile)
        }) {
            settings.file = source
            settings.readAppliances(
                environment, variables, check, statePath: .flag(options.statePath), findings: &findings)
        }
        if let path = settings.web.configFile {
            let snapshot = WebConfigSnapshot(path: path, readsFiles: check != .none)
            switch snapshot.outcome {
            case .success(let content):
                for warning in content.warnings { findings.warn(warning.place, warning.text) }
            case .failure(let errors): findings.add(errors)
            }
        }
        try findings.throwErrors()
        let warnings = findings.warnings
        if check != .web { return .check(settings, isSyntaxOnly: check == .none, warnings: warnings) }
        switch options.command {
        case .check:
            // An appliance that cannot be read would be missing in the result.
            for error in settings.files.flatMap(\.errors) { findings.add(error) }
            try findings.throwErrors()
            settings.appliances = try options.check.selected(of: settings.appliances)
            return .checkAppliances(settings, options.check, warnings: warnings)
        case .once: return .once(settings, warnings: warnings)
        case .backfill: return .backfill(settings, options.history, warnings: warnings)
        case .state:
            // An appliance whose file cannot be used may be polled with its former content.
            for error in settings.files.flatMap(\.errors) { findings.add(error) }
            try findings.throwErrors()
            return .state(options.stateAction, settings)
        case .serve, .help: return .run(settings, warnings: warnings)
        case .healthcheck: return .healthcheck(settings.web)
        }
    }

    /// These settings with the appliances read again, from the file or from the environment; flags stay as they were.
    ///
    /// - Throws: All mistakes of the file.
    package func reloaded(
        environment: [String: String]
    ) throws(ConfigurationErrors) -> (settings: Settings, warnings: [Warning]) {
        var findings = Findings()
        var settings = self
        settings.readAppliances(
            environment, ApplianceVariables(environment), .web, statePath: .unchanged, findings: &findings)
        try findings.throwErrors()
        return (settings, findings.warnings)
    }

    /// These settings with some of `appliance_files` read again; everything else stays as it was read last.
    ///
    /// - Parameter changed: The files that appeared, changed or went.
    package func rereading(_ changed: Set<String>) -> (settings: Settings, warnings: [Warning]) {
        var settings = self
        settings.sources.readFiles(ApplianceReader(feeds: feeds), former: sources, changed: changed)
        settings.merge()
        return (settings, settings.sources.warnings(of: changed))
    }

    /// These settings with the appliances that the ledger recognises where several files have one name.
    ///
    /// - Parameter recordedURLs: The URL of each appliance, as the ledger has it.
    package func recognising(_ recordedURLs: [String: String]) -> Settings {
        var settings = self
        settings.recordedURLs = recordedURLs
        settings.merge()
        return settings
    }

    private mutating func merge() {
        let merged = sources.merged(recordedURLs: recordedURLs)
        appliances = merged.appliances.map(\.appliance)
        files = sources.files.map { file in
            FileState(path: file.path, errors: file.errors + merged.clashes.filter { $0.place.file == file.path })
        }
        if let file {
            let clashes = merged.clashes.filter { $0.place.file == file }
            files.insert(FileState(path: file, errors: sources.patternErrors + clashes), at: 0)
        }
    }

    /// What decides about the state in addition to the configuration file.
    private enum StateChoice {
        /// The flag, if it was given.
        case flag(String?)
        /// The running process: a reload does not move the counts.
        case unchanged
    }

    /// The state that the configuration file names, for a command that needs nothing else of it.
    private mutating func readState(
        _ options: Options, _ variables: ApplianceVariables, _ defaultFile: String, findings: inout Findings
    ) {
        // Without a file and with one appliance of the environment it is the default.
        guard let source = try? Self.chosenSource(options, variables, defaultFile),
            let content = ConfigurationFile.read(
                source, ApplianceReader.fileKind, redaction: variables.redaction, findings: &findings)
        else { return }
        // A mistake elsewhere in the file does not concern the state.
        var all = Findings()
        state = ApplianceReader(feeds: feeds).content(of: content, findings: &all).state ?? state
        for error in all.errors where all.isFull || error.place.isIn("state") { findings.add(error) }
    }

    private mutating func apply(
        _ content: ApplianceReader.Content, _ choice: StateChoice, _ check: FileCheck, findings: inout Findings
    ) {
        guard case .flag(let path) = choice, let found = content.state else { return }
        guard path != nil else {
            state = found
            guard case .postgres(let postgres) = found, check == .all, let place = content.statePlace else { return }
            do throws(ValidationError) {
                _ = try postgres.currentURL()
            } catch {
                findings.add(ConfigurationError(place: place, problem: error.description))
            }
            return
        }
        if case .postgres = found, let place = content.statePlace {
            findings.add(
                ConfigurationError(
                    place: place, problem: "names a database, but --state.path names a file; keep one of the two"))
        }
    }

    private mutating func readAppliances(
        _ environment: [String: String], _ variables: ApplianceVariables, _ check: FileCheck,
        statePath: StateChoice, findings: inout Findings
    ) {
        let reader = ApplianceReader(feeds: feeds)
        let former = sources
        sources = ApplianceSources()
        sources.redaction = variables.redaction
        if let file {
            fileVersion = FileVersion(file)
            guard
                let content = ConfigurationFile.read(
                    file, ApplianceReader.fileKind, redaction: variables.redaction, findings: &findings)
            else { return }
            let main = reader.content(of: content, findings: &findings)
            sources.global = main.global
            sources.main = main.appliances
            apply(main, statePath, check, findings: &findings)
            sources.patterns = FilePatterns(patterns: main.patterns, mainFile: file)
            sources.readFiles(reader, former: former)
            if content.isReadableByOthers, case .postgres(let postgres) = main.state, case .inline = postgres.url,
                let place = main.statePlace
            {
                findings.warn(place, Warning.openFile)
            }
            if content.isReadableByOthers, let open = main.appliances.first(where: \.appliance.holdsSecret) {
                findings.warn(open.place, Warning.openFile)
            }
            for name in variables.names {
                findings.warn(
                    .variable(name), "is set but not used, since the configuration file names the appliances")
            }
        } else if let appliance = reader.appliance(from: variables, findings: &findings) {
            sources.main = [appliance]
        }
        merge()
        if check != .web {
            // A name that one file has twice is a mistake of that file already.
            let clashes = findings.isGood ? sources.merged(recordedURLs: recordedURLs).clashes : []
            for error in sources.errors + clashes { findings.add(error) }
        }
        for warning in sources.warnings { findings.warn(warning.place, warning.text) }
        for one in sources.main + sources.files.flatMap(\.appliances) {
            for doubt in one.appliance.doubts { findings.warn(one.place, doubt) }
            if check == .all { ApplianceFile.check(one.files, findings: &findings) }
            if check != .none { ApplianceFile.warn(one.files, findings: &findings) }
        }
        UnknownVariables.warn(environment, findings: &findings)
    }

    /// The configuration file, or nil for the variables of one appliance.
    private static func chosenSource(
        _ options: Options, _ variables: ApplianceVariables, _ defaultFile: String
    ) throws(ConfigurationError) -> String? {
        let exists = FileContent.exists(defaultFile)
        guard variables.isURLSet else {
            if let given = options.configFile { return given }
            guard !exists else { return defaultFile }
            let missing = variables.names.first.map { "\($0) is set without DARKTRACE_URL, and " } ?? ""
            throw ConfigurationError(
                place: .file(defaultFile, line: nil, key: nil),
                problem:
                    "\(missing)there is no such file; write one or name it with --config.file, or set DARKTRACE_URL, "
                    + "DARKTRACE_PUBLIC_TOKEN and DARKTRACE_PRIVATE_TOKEN for one appliance")
        }
        guard options.configFile == nil && !exists else {
            let file = options.configFile == nil ? "the file \(defaultFile) exists" : "--config.file is given"
            throw ConfigurationError(
                place: .variable(ApplianceVariables.urlVariable),
                problem: "is set and \(file) as well; unset the variable or remove the file")
        }
        return nil
    }
}
