import Values

extension WebParser {
    mutating func tls(_ field: ValueReader) throws(ConfigurationError) -> ServerTLS {
        let section = try MappingReader(field, known: WebKeys.tls)
        let certificate = try text("cert", .certificate, in: section)
        let key = try text("key", .privateKey, in: section)
        guard let certificate else { throw field.error("missing one of cert or cert_file") }
        guard let key else { throw field.error("missing one of key or key_file") }
        var tls = ServerTLS(certificatePEM: certificate, keyPEM: Secret(key))
        if let field = section.field("cipher_suites") {
            throw field.error(
                "is not supported: the library's own choice is spoken; leave it out, and set min_version if need be")
        }
        if let field = section.field("min_version") { tls.minVersion = try Self.version(field) }
        if let field = section.field("max_version") {
            tls.maxVersion = try Self.version(field)
            guard tls.minVersion <= tls.maxVersion else {
                throw field.error("is below min_version (\(tls.minVersion.rawValue))")
            }
        }
        if let field = section.field("prefer_server_cipher_suites") { tls.prefersOwnCiphers = try field.flag() }
        if let field = section.field("curve_preferences") { tls.curves = try Self.curves(field) }
        try readClients(section, into: &tls)
        return tls
    }

    private mutating func readClients(_ section: MappingReader, into tls: inout ServerTLS) throws(ConfigurationError) {
        let type = section.field("client_auth_type")
        if let type { tls.clientAuth = try Self.clientAuth(type) }
        tls.clientAuthorityPEM = try text("client_ca", .certificate, in: section)
        if let field = section.field("client_ca") ?? section.field("client_ca_file"), tls.clientAuth == .none {
            throw field.error("client CA's have been configured without a Client Auth Policy; set client_auth_type")
        }
        if let type, tls.clientAuth.verifies, tls.clientAuthorityPEM == nil {
            throw type.error("needs client_ca or client_ca_file: who may sign the certificates of clients")
        }
        if let field = section.field("client_allowed_sans") {
            guard tls.clientAuth.verifies else {
                throw field.error(
                    "needs a client_auth_type that verifies: VerifyClientCertIfGiven or RequireAndVerifyClientCert")
            }
            for entry in try field.list("names") { tls.clientAllowedSANs.append(try entry.text("a name")) }
        }
    }

    /// What stands under this key or in the file that `KEY_file` names.
    private mutating func text(
        _ key: String, _ block: PEMFile.Block, in section: MappingReader
    ) throws(ConfigurationError) -> String? {
        switch (section.field(key), section.field("\(key)_file")) {
        case (_?, let file?): throw file.error("\(key) is set as well; keep one of the two")
        case (nil, nil): return nil
        case (nil, let file?): return try pem(file, block)
        case (let inline?, nil):
            return try inline.parsed("text in PEM form") { text throws(ValidationError) in
                try PEMFile.checked(text: text, holds: block)
            }
        }
    }

    private static func version(_ field: ValueReader) throws(ConfigurationError) -> TLSVersion {
        let text = try field.text("a TLS version")
        guard let version = TLSVersion(rawValue: text) else {
            let shown = field.file.redaction.word(text) ?? field.file.redaction.shown(text)
            throw field.error("unknown TLS version: \(shown); write \(TLSVersion.allCases.commaSeparated)")
        }
        return version
    }

    private static func curves(_ field: ValueReader) throws(ConfigurationError) -> [ServerTLS.Curve] {
        var curves: [ServerTLS.Curve] = []
        for entry in try field.list("curves") {
            let text = try entry.text("a curve")
            guard let curve = ServerTLS.Curve(rawValue: text) else {
                let shown = entry.file.redaction.word(text) ?? entry.file.redaction.shown(text)
                throw entry.error("unknown curve: \(shown); write \(ServerTLS.Curve.allCases.commaSeparated)")
            }
            curves.append(curve)
        }
        return curves
    }

    private static func clientAuth(_ field: ValueReader) throws(ConfigurationError) -> ServerTLS.ClientAuth {
        // What exporter-toolkit called the third before it took Go's name.
        if case .scalar("RequireClientCert", _) = field.node.content { return .requireAny }
        return try field.choice()
    }
}
