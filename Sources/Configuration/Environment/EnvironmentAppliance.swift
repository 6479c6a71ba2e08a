import Values

/// Reads the one appliance that the environment names.
struct EnvironmentAppliance {
    private let environment: [String: String]
    /// Knows the secrets of the environment.
    let redaction: Redaction

    init(_ environment: [String: String]) {
        self.environment = environment
        var redaction = Redaction()
        for variable in [Variable.publicToken, .privateToken] {
            if let token = environment[variable.rawValue] { redaction.hide(token) }
        }
        self.redaction = redaction
    }

    /// Whether `DARKTRACE_URL` is set.
    var isNamed: Bool { value(.url) != nil }

    /// The variables that are set, without a word about their values.
    var set: [Variable] { Variable.allCases.filter { value($0) != nil } }

    /// The appliance, all other settings at their defaults.
    ///
    /// Its name is the host of the URL, in lower case and without port or brackets: it has to be the same after every
    /// start, since it is the key of the ledger, and the host is what one installation has for certain.
    func appliance() throws(ConfigurationError) -> Settings.Appliance {
        guard let text = value(.url) else { throw error(.url, "is not set") }
        let url: BaseURL
        do {
            url = try BaseURL(parsing: text)
        } catch {
            throw self.error(.url, error.description)
        }
        var appliance = Settings.Appliance(
            name: url.host, url: url, publicToken: try token(.publicToken, .publicTokenFile),
            privateToken: try token(.privateToken, .privateTokenFile))
        if let path = value(.caFile) {
            do {
                appliance.tls.caFile = try PEMFile.checked(path, holds: .certificate)
            } catch {
                throw self.error(.caFile, "\(redaction.shownWhole(path)): \(error.description)")
            }
        }
        return appliance
    }

    private func token(_ inline: Variable, _ file: Variable) throws(ConfigurationError) -> SecretSource {
        switch (value(inline), value(file)) {
        case (_?, _?): throw error(file, "\(inline.rawValue) is set as well; keep one of the two")
        case (nil, nil): throw error(inline, "is not set; set it or \(file.rawValue) beside DARKTRACE_URL")
        case (let text?, nil):
            do {
                return .inline(try Token.checked(text.utf8))
            } catch {
                throw self.error(inline, error.description)
            }
        case (nil, let path?):
            do {
                let source = SecretSource.file(path)
                _ = try source.read()
                return source
            } catch {
                throw self.error(file, "\(redaction.shownWhole(path)): \(error.problem)")
            }
        }
    }

    private func value(_ variable: Variable) -> String? {
        environment[variable.rawValue].flatMap { $0.isEmpty ? nil : $0 }
    }

    private func error(_ variable: Variable, _ problem: String) -> ConfigurationError {
        ConfigurationError(place: .variable(variable.rawValue), problem: problem)
    }
}
