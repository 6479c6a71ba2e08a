import Foundation
import Testing

@testable import Configuration

/// docs/configuration.md and docs/examples, held to what the program takes.
@Suite struct DocumentTests {
    private static let docs = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "docs")
    private let folder: Folder

    init() throws { folder = try Folder() }

    @Test func `the reference has every key where it belongs, and no other`() throws {
        #expect(
            try keys(below: "### In `global` and in each appliance")
                == ApplianceKey.names(.shared) + [ApplianceReader.feedsKey, ApplianceLabels.key])
        #expect(
            try keys(below: "### In each appliance")
                == ApplianceKey.names(.appliance) + [LicenseLimits.key, ApplianceReader.tlsKey])
        #expect(try keys(below: "### In `tls_config`") == ApplianceKey.names(.tls))
        #expect(try keys(below: "### In `tls_server_config`") == WebParser.Keys.tls)
        #expect(try keys(below: "### In `http_server_config`") == WebParser.Keys.http)
    }

    @Test func `the reference has every variable and flag`() throws {
        let variables = try rows(below: "## Environment").flatMap { row in
            row[0].matches(of: #/`([A-Z_]+)`/#).map { String($0.1) }
        }
        #expect(Set(variables) == Set(ApplianceKey.all.map(\.variable)))
        #expect(variables.count == ApplianceKey.all.count)
        let flags = try rows(below: "## Flags").flatMap { row in
            row[0].matches(of: #/`--([a-z.-]+)`/#).map { String($0.1) }
        }
        #expect(Set(flags) == Set(Flag.table.map(\.name)))
        #expect(flags.count == Flag.table.count)
    }

    @Test func `the reference lists the names that a label must not have`() throws {
        let rows = try rows(below: "### In `labels`").map { row in
            (row[0], Set(row[1].matches(of: #/`([a-z_]+)`/#).map { String($0.1) }))
        }
        #expect(
            Dictionary(rows) { first, _ in first } == [
                "set by Prometheus": ApplianceLabels.ofPrometheus, "used by the exporter": ApplianceLabels.reserved,
                "accepted with a warning": ApplianceLabels.overwritten,
            ])
    }

    @Test func `the reference has every command`() throws {
        let rows = try rows(below: "## Commands")
        let names = rows.compactMap { $0[0].firstMatch(of: #/`([a-z]+)`/#).map { String($0.1) } }
        #expect(names == Command.allCases.map(\.rawValue))
    }

    @Test func `the defaults in the reference are the defaults`() throws {
        let rows = try rows(below: "### In `global` and in each appliance")
        let written = rows.map { "  \(code($0[0])): \(code($0[2]))" }.joined(separator: "\n")
        let (spelled, _) = try folder.settings("global:\n\(written)\n\(Self.appliance)")
        let (silent, _) = try folder.settings(Self.appliance)
        #expect(spelled.appliances == silent.appliances)
        for row in try self.rows(below: "## Flags") {
            let names = row[0].matches(of: #/`--([a-z.-]+)`/#).map { String($0.1) }
            for flag in Flag.table where names.contains(flag.name) {
                if case .value(let preset, _) = flag.kind {
                    #expect(preset.isEmpty ? row[1] == "none" : code(row[1]) == preset)
                }
                if case .boolean = flag.kind { #expect(row[1] == "off") }
            }
        }
    }

    @Test func `every example in the reference is taken`() throws {
        try writeFiles()
        for row in try rows(below: "### In `global` and in each appliance") + rows(below: "### In each appliance") {
            let (key, example) = (code(row[0]), code(row[3]))
            var lines = ["name": "hq", "url": "https://10.0.0.5", "public_token": "p", "private_token": "q"]
            if key.hasSuffix("_token_file") { lines[String(key.dropLast("_file".count))] = nil }
            lines[key] = example
            let text = lines.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: "\n    ")
            #expect(try folder.complaint("appliances:\n  - \(text)\n") == nil, "\(key)")
        }
        let tls = try rows(below: "### In `tls_config`").map { "\(code($0[0])): \(code($0[3]))" }
        #expect(try folder.complaint("\(Self.appliance)    tls_config: {\(tls.joined(separator: ", "))}\n") == nil)
    }

    @Test func `every example file is taken, and without a warning`() throws {
        try writeFiles()
        let examples = Self.docs.appending(path: "examples")
        let names = try FileManager.default.contentsOfDirectory(atPath: examples.path)
        #expect(names.count >= 5)
        for name in names where name != "web.yml" {
            #expect(name.hasSuffix(".yml"))
            var text = try String(contentsOf: examples.appending(path: name), encoding: .utf8)
            // What is absolute in an installation is in the directory of the file here.
            for place in ["/run/credentials/darktrace-exporter.service/token_", "/run/secrets/"] {
                text = text.replacing(place, with: "tokens/")
            }
            text = text.replacing("/etc/darktrace-exporter/", with: "")
            #expect(!text.contains(": /"), "\(name)")
            let (settings, warnings) = try folder.settings(text)
            #expect(!settings.appliances.isEmpty, "\(name)")
            #expect(warnings == [], "\(name)")
        }
    }

    @Test func `the example of a web configuration is taken, and without a warning`() throws {
        try folder.write("server.crt", PEM.certificate)
        try folder.write("server.key", PEM.key)
        try folder.write("prometheus-ca.pem", PEM.certificate)
        let example = Self.docs.appending(path: "examples/web.yml")
        let file = try folder.write("web.yml", String(contentsOf: example, encoding: .utf8))
        let content = try WebConfigSnapshot(path: file).outcome.get()
        #expect(content.configuration.users.count == 1)
        #expect(content.configuration.tls?.clientAuth == .requireAndVerify)
        #expect(content.warnings == [])
    }

    private func writeFiles() throws {
        try FileManager.default.createDirectory(
            atPath: "\(folder.path)/tokens", withIntermediateDirectories: true)
        for name in ["hq", "branch", "cloud"] {
            for half in ["public", "private"] {
                try folder.write("tokens/\(name).\(half)", "token-\(name)-\(half)\n")
                try folder.write("\(name).\(half)", "token-\(name)-\(half)\n")
            }
        }
        try folder.write("ca.pem", PEM.certificate)
        try folder.write("client.pem", PEM.chain)
        try folder.write("client.key", PEM.key)
    }

    private static let appliance = """
        appliances:
          - name: hq
            url: https://10.0.0.5
            public_token: p
            private_token: q

        """

    private func keys(below heading: String) throws -> [String] { try rows(below: heading).map { code($0[0]) } }

    /// The cells of each row of the first table below a heading.
    private func rows(below heading: String) throws -> [[String]] {
        let text = try String(contentsOf: Self.docs.appending(path: "configuration.md"), encoding: .utf8)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex { $0 == heading })
        let table = lines[start...].drop { !$0.hasPrefix("|") }.prefix { $0.hasPrefix("|") }.dropFirst(2)
        #expect(!table.isEmpty)
        return table.map { line in
            line.dropFirst().dropLast().split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    private func code(_ cell: String) -> String { cell.trimmingCharacters(in: ["`"]) }
}
