import Values

extension ConfigurationFile {
    /// An appliance with the place where it stands, for the warnings.
    typealias Placed = (appliance: Settings.Appliance, place: SourceLocation)

    /// Every appliance of the file, checked, with the global values applied.
    func appliances() throws(ConfigurationError) -> [Placed] {
        let root = try MappingReader(self)
        var global: [ApplianceSetting.Value] = []
        if let field = root.field("global") {
            global = try ApplianceSetting.values(in: try MappingReader(field, known: ApplianceKeys.tuning))
        }
        guard let list = root.field("appliances") else {
            throw root.error("has no appliances; add the list appliances with a name, url and tokens each")
        }
        guard case .sequence(let nodes) = list.node.content else {
            throw list.error("must be a list; begin each appliance with - name: …")
        }
        guard !nodes.isEmpty else { throw list.error("is empty; name at least one appliance") }
        var placed: [Placed] = []
        var names: [String: (index: Int, line: Int)] = [:]
        for (index, node) in nodes.enumerated() {
            let field = ValueReader(file: self, path: "appliances[\(index)]", line: node.line, node: node)
            let section = try MappingReader(field, known: ApplianceKeys.appliance)
            let appliance = try appliance(section, global: global)
            if let other = names.updateValue((index, node.line), forKey: appliance.name) {
                throw (section.field("name") ?? field).error(
                    "\(redaction.shownWhole(appliance.name)) is also the name of appliances[\(other.index)] "
                        + "(line \(other.line)); give each its own")
            }
            placed.append((appliance, section.place))
        }
        return placed
    }

    private func appliance(
        _ section: MappingReader, global: [ApplianceSetting.Value]
    ) throws(ConfigurationError) -> Settings.Appliance {
        guard let nameField = section.field("name") else { throw section.error("has no name; set name") }
        guard let urlField = section.field("url") else { throw section.error("has no url; set url") }
        let name = try nameField.parsed("a name", ApplianceName.checked)
        let url = try urlField.parsed("a URL") { text throws(ValidationError) in try BaseURL(parsing: text) }
        var appliance = Settings.Appliance(
            name: name, url: url, publicToken: try token("public_token", section),
            privateToken: try token("private_token", section))
        if let field = section.field("date_format") { appliance.dateFormat = try field.choice() }
        if let field = section.field("tls_config") { appliance.tls = try tls(field) }
        if let field = section.field("proxy_url") { appliance.proxy = try field.parsed("a URL", ProxyURL.normalized) }
        for value in global + (try ApplianceSetting.values(in: section)) { value.apply(to: &appliance) }
        return appliance
    }

    private func token(_ key: String, _ section: MappingReader) throws(ConfigurationError) -> SecretSource {
        let words = key.replacing("_", with: " ")
        switch (section.field(key), section.field("\(key)_file")) {
        case (_?, let file?): throw file.error("\(key) is set as well; keep one of the two")
        case (nil, nil): throw section.error("has no \(words); set \(key) or \(key)_file")
        case (let inline?, nil):
            return .inline(
                try inline.parsed("a token") { text throws(ValidationError) in try Token.checked(text.utf8) })
        case (nil, let file?):
            let path = try file.filePath()
            do {
                let source = SecretSource.file(path)
                _ = try source.read()
                return source
            } catch {
                throw file.error("\(redaction.shownWhole(path)): \(error.problem)")
            }
        }
    }

    private func tls(_ field: ValueReader) throws(ConfigurationError) -> Settings.TLS {
        let section = try MappingReader(field, known: ApplianceKeys.tls)
        var tls = Settings.TLS()
        tls.caFile = try section.field("ca_file")?.pemPath(.certificate)
        tls.certFile = try section.field("cert_file")?.pemPath(.certificate)
        tls.keyFile = try section.field("key_file")?.pemPath(.privateKey)
        if let alone = section.field("cert_file"), tls.keyFile == nil { throw alone.error("needs key_file as well") }
        if let alone = section.field("key_file"), tls.certFile == nil { throw alone.error("needs cert_file as well") }
        tls.serverName = try section.field("server_name")?.parsed("a host name") { text throws(ValidationError) in
            try URLHost(parsing: text[...], isBracketed: false).text
        }
        tls.insecureSkipVerify = try section.field("insecure_skip_verify")?.flag() ?? false
        if let field = section.field("min_version") { tls.minVersion = try field.choice() }
        return tls
    }
}
