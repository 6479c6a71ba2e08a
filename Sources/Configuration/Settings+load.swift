extension Settings {
    /// Reads everything a user can set: the arguments after the program's name, the environment, the configuration file
    /// and, once, the files that it names.
    ///
    /// Nothing is printed and nothing waits. `defaultFile` is what is read when `--config.file` is not given.
    package static func load(
        arguments: [String], environment: [String: String], defaultFile: String = "darktrace-exporter.yml"
    ) throws(ConfigurationError) -> Invocation {
        let named = EnvironmentAppliance(environment)
        let options: Options
        switch try Options.parse(arguments, redaction: named.redaction) {
        case .help: return .help(HelpText.whole)
        case .version: return .version
        case .options(let given): options = given
        }
        var settings = Settings()
        settings.web = options.web
        settings.log = options.log
        settings.statePath = options.statePath
        settings.file = try chosenFile(options, named, defaultFile)
        let (loaded, applianceWarnings) = try settings.reloaded(environment: environment)
        let warnings = applianceWarnings + (try webWarnings(settings.web.configFile))
        if options.isCheckOnly { return .check(loaded, warnings: warnings) }
        switch options.command {
        case .check: return .checkAppliances(loaded, warnings: warnings)
        case .once: return .once(loaded, warnings: warnings)
        case .backfill: return .backfill(loaded, options.history, warnings: warnings)
        case .serve: return .run(loaded, warnings: warnings)
        }
    }

    /// These settings with the appliances read anew, from the file or from the environment; flags stay as they were.
    package func reloaded(
        environment: [String: String]
    ) throws(ConfigurationError) -> (settings: Settings, warnings: [Warning]) {
        let named = EnvironmentAppliance(environment)
        var settings = self
        guard let file else {
            let appliance = try named.appliance()
            settings.appliances = [appliance]
            return (settings, Warning.all(for: appliance, at: .variable(Variable.url.rawValue)))
        }
        let content = try ConfigurationFile(
            path: file, vocabulary: ApplianceKeys.vocabulary, redaction: named.redaction)
        let placed = try content.appliances()
        settings.appliances = placed.map(\.appliance)
        var warnings = placed.flatMap { Warning.all(for: $0.appliance, at: $0.place) }
        if content.isReadableByOthers, let open = placed.first(where: \.appliance.holdsSecret) {
            warnings.append(Warning(place: open.place, text: Warning.openFile))
        }
        warnings += named.set.map { Warning(place: .variable($0.rawValue), text: Warning.unusedVariable) }
        return (settings, warnings)
    }

    /// Checks the web configuration once; it is read again by whoever serves.
    private static func webWarnings(_ path: String?) throws(ConfigurationError) -> [Warning] {
        guard let path else { return [] }
        return try WebConfigSnapshot(path: path).outcome.get().warnings
    }

    private static func chosenFile(
        _ options: Options, _ named: EnvironmentAppliance, _ defaultFile: String
    ) throws(ConfigurationError) -> String? {
        let exists = FileContent.exists(defaultFile)
        guard named.isNamed else {
            if let given = options.configFile { return given }
            guard !exists else { return defaultFile }
            let missing = named.set.first.map { "\($0.rawValue) is set without DARKTRACE_URL, and " } ?? ""
            throw ConfigurationError(
                place: .file(defaultFile, line: nil, key: nil),
                problem:
                    "\(missing)there is no such file; write one or name it with --config.file, or set DARKTRACE_URL, "
                    + "DARKTRACE_PUBLIC_TOKEN and DARKTRACE_PRIVATE_TOKEN for one appliance")
        }
        guard options.configFile == nil && !exists else {
            let file = options.configFile == nil ? "the file \(defaultFile) exists" : "--config.file is given"
            throw ConfigurationError(
                place: .variable(Variable.url.rawValue),
                problem: "is set and \(file) as well; unset the variable or do without the file")
        }
        return nil
    }
}
