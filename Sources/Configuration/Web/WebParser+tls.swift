import Values

extension WebParser {
    /// The settings in `tls_server_config`; nil without a certificate or key.
    mutating func tls(_ value: ValueReader) -> ServerTLS? {
        guard let section = MappingReader(value, Keys.set(Keys.tls), findings: &findings) else { return nil }
        for key in ["cert", "key"] where !section.mentions(key) && !section.mentions("\(key)_file") {
            findings.add(value.error("missing one of \(key) or \(key)_file"))
        }
        let certificate = text("cert", .certificate, in: section)
        let key = text("key", .privateKey, in: section)
        var tls = ServerTLS(certificatePEM: certificate ?? "", keyPEM: Secret(key ?? ""))
        if let value = section.value("min_version"), let version = version(value) { tls.minVersion = version }
        if let value = section.value("max_version"), let version = version(value) {
            tls.maxVersion = version
            if version < tls.minVersion {
                findings.add(value.error("is below min_version (\(tls.minVersion.rawValue))"))
            }
        }
        if let value = section.value("prefer_server_cipher_suites"),
            let isOn = findings.collect({ () throws(ConfigurationError) in try value.boolean() })
        {
            tls.prefersOwnCiphers = isOn
        }
        if let value = section.value("curve_preferences") { tls.curves = elements(value, "curves", Self.curve) }
        if let value = section.value("cipher_suites") {
            tls.cipherSuites = elements(value, "cipher suites", Self.cipherSuite)
            if tls.maxVersion == .tls13, !tls.cipherSuites.contains(where: \.hasCipherOfTLS13) {
                findings.warn(
                    value.place,
                    tls.minVersion == .tls13
                        ? "is not applied, because TLS 1.3 has none of these ciphers"
                        : "turns TLS 1.3 off, because it has none of these ciphers; add a suite with GCM or CHACHA20")
            }
        }
        readClients(section, into: &tls)
        return certificate == nil || key == nil ? nil : tls
    }

    private mutating func readClients(_ section: MappingReader, into tls: inout ServerTLS) {
        if let value = section.value("client_auth_type"),
            let type = findings.collect({ () throws(ConfigurationError) in try Self.clientAuth(value) })
        {
            tls.clientAuth = type
        }
        tls.clientAuthorityPEM = text("client_ca", .certificate, in: section)
        if let value = section.value("client_ca") ?? section.value("client_ca_file"), tls.clientAuth == .none,
            !section.mentions("client_auth_type")
        {
            findings.add(
                value.error("client CA's have been configured without a Client Auth Policy; set client_auth_type"))
        }
        if let value = section.value("client_auth_type"), tls.clientAuth.verifies,
            !section.mentions("client_ca"), !section.mentions("client_ca_file")
        {
            findings.warn(value.place, "without client_ca every certificate of the system's trust store is accepted")
        }
        if let value = section.value("client_allowed_sans") {
            if !tls.clientAuth.verifies {
                findings.add(
                    value.error(
                        "needs a client_auth_type that verifies: VerifyClientCertIfGiven or RequireAndVerifyClientCert")
                )
            }
            tls.clientAllowedSANs = elements(value, "names") { (entry) throws(ConfigurationError) in
                try entry.text("a name")
            }
        }
    }

    private mutating func elements<Element>(
        _ value: ValueReader, _ expected: String, _ read: (ValueReader) throws(ConfigurationError) -> Element
    ) -> [Element] {
        let entries = findings.collect { () throws(ConfigurationError) in try value.list(expected) } ?? []
        return entries.compactMap { entry in
            findings.collect { () throws(ConfigurationError) in try read(entry) }
        }
    }

    private mutating func version(_ value: ValueReader) -> TLSVersion? {
        findings.collect { () throws(ConfigurationError) in
            let text = try value.text("a TLS version")
            guard let version = TLSVersion(rawValue: text) else {
                throw value.error(
                    "unknown TLS version: \(Self.shown(text, value)); write \(TLSVersion.allCases.commaSeparated)")
            }
            return version
        }
    }

    private static func curve(_ value: ValueReader) throws(ConfigurationError) -> ServerTLS.Curve {
        let text = try value.text("a curve")
        guard let curve = ServerTLS.Curve(rawValue: text) else {
            throw value.error(
                "unknown curve: \(shown(text, value)); write \(ServerTLS.Curve.allCases.commaSeparated)")
        }
        return curve
    }

    private static func cipherSuite(_ value: ValueReader) throws(ConfigurationError) -> CipherSuite {
        let text = try value.text("a cipher suite")
        guard let suite = CipherSuite(rawValue: text) else {
            throw value.error(
                "unknown cipher suite: \(shown(text, value)); write names like \(CipherSuite.aes128GCM.rawValue), "
                    + "which docs/configuration.md lists")
        }
        return suite
    }

    private static func clientAuth(_ value: ValueReader) throws(ConfigurationError) -> ServerTLS.ClientAuth {
        // What exporter-toolkit called the third before it took Go's name.
        if case .scalar("RequireClientCert", _) = value.node.content { return .requireAny }
        return try value.choice()
    }

    private static func shown(_ text: String, _ value: ValueReader) -> String {
        value.source.redaction.word(text) ?? value.shown(text)
    }
}
