import Foundation
import Testing

@testable import Configuration

/// `appliance_files`: each file concerns its own appliances only.
@Suite struct ApplianceFilesTests {
    private let folder: Folder

    init() throws {
        folder = try Folder()
        try FileManager.default.createDirectory(atPath: "\(folder.path)/d", withIntermediateDirectories: true)
    }

    private static func list(_ names: String..., url: String? = nil, more: String = "") -> String {
        names.map { name in
            "- {name: \(name), url: 'https://\(url ?? name)', public_token: p, private_token: q\(more)}\n"
        }.joined()
    }

    private func load(_ main: String = "appliance_files: [d/*.yml]\n") throws -> Settings {
        try folder.settings(main).0
    }

    private func names(_ settings: Settings) -> [String] { settings.appliances.map(\.name) }

    private func path(_ name: String) -> String { "\(folder.path)/d/\(name)" }

    /// The mistakes of the files, without the path of the folder.
    private func mistakes(_ settings: Settings) -> [String] {
        settings.files.flatMap(\.errors).map { $0.description.replacing("\(folder.path)/", with: "") }
    }

    @Test func `appliances of all files get the global values, and paths are relative to their file`() throws {
        try folder.write("d/b.yml", Self.list("b1", "b2"))
        try folder.write("d/a.yml", "- {name: a, url: 'https://a', public_token: p, private_token_file: secret}\n")
        try folder.write("d/ignored.txt", "x")
        try folder.write("d/.hidden.yml", "x")
        let settings = try load("global: {labels: {region: emea}}\n\(file(line: 1, "appliance_files: [d/*.yml, x*]"))")
        #expect(names(settings) == ["hq", "a", "b1", "b2"])
        #expect(settings.appliances.allSatisfy { $0.presentation.labels == ["region": "emea"] })
        #expect(settings.appliances[1].privateToken == .file("\(folder.path)/d/secret"))
        #expect(settings.files.map(\.errors) == [[], [], []])
        #expect(
            settings.files.map { $0.path.replacing("\(folder.path)/", with: "") } == ["x.yml", "d/a.yml", "d/b.yml"])
    }

    @Test func `a start needs no appliance if files may bring one`() throws {
        let settings = try load()
        #expect(names(settings) == [])
        #expect(settings.hasApplianceFiles)
        try folder.write("d/a.yml", Self.list("a"))
        #expect(names(settings.rereading([path("a.yml")]).settings) == ["a"])
    }

    @Test(arguments: [
        ("", "is empty; it needs a list of appliances"), ("- {name: b", "d/b.yml:1"),
        ("appliances: []", "must be a list"),
        ("- {name: b, url: 'https://b'}", "has no public token"), (list("b", more: ", nope: 1"), "nope: unknown key"),
        (list("b", "b"), "is also the name of"), (list("b", more: ", labels: {job: x}"), "labels.job: is a label that"),
        ("\u{0}", "is a binary file"), ("- text", "must be keys with values"),
    ]) func `a broken file keeps its former content, and the others are not touched`(text: String, problem: String)
        throws
    {
        try folder.write("d/a.yml", Self.list("a"))
        try folder.write("d/b.yml", Self.list("b"))
        let good = try load()
        try folder.write("d/b.yml", text)
        for settings in [good.rereading([path("b.yml")]).settings, try good.reloaded(environment: [:]).settings] {
            #expect(names(settings) == ["a", "b"])
            #expect(settings.appliances == good.appliances)
            #expect(settings.files.map(\.errors.isEmpty) == [true, true, false])
            #expect(mistakes(settings).contains { $0.contains(problem) }, "\(mistakes(settings))")
        }
        let fresh = try load()
        #expect(names(fresh) == ["a"])
        #expect(mistakes(fresh).contains { $0.contains(problem) })
        let complaint = try #require(try folder.complaint("appliance_files: [d/*.yml]\n"))
        #expect(complaint.contains(problem), "\(complaint)")
    }

    @Test func `a broken file follows the global values with its former content`() throws {
        try folder.write("d/a.yml", Self.list("a"))
        let good = try load()
        try folder.write("d/a.yml", "-")
        try folder.write("x.yml", "global: {max_models: 7}\nappliance_files: [d/*.yml]\n")
        let settings = try good.reloaded(environment: [:]).settings
        #expect(settings.appliances.map(\.maxModels) == [7])
    }

    @Test func `a missing file is a mistake if it is named, and none if a pattern could match it`() throws {
        let settings = try load("appliance_files: [d/none.yml, e/*.yml]\n")
        #expect(mistakes(settings) == ["\"d/none.yml\": no such file; name another one with appliance_files"])
    }

    @Test func `the main file may match its own pattern`() throws {
        try folder.write("a.yml", Self.list("a"))
        let settings = try load("appliance_files: ['*.yml']\n")
        #expect(names(settings) == ["a"])
        #expect(mistakes(settings) == [])
    }

    @Test(
        arguments: [
            ([:], []), (["x": "https://one"], ["https://one"]), (["x": "https://two"], ["https://two"]),
            (["x": "https://three"], []), (["y": "https://one"], []),
        ] as [([String: String], [String])])
    func `of two files with one name the one that the ledger recorded keeps it`(
        recorded: [String: String], kept: [String]
    ) throws {
        try folder.write("d/a.yml", Self.list("x", url: "one") + Self.list("a"))
        try folder.write("d/b.yml", Self.list("x", url: "two") + Self.list("b"))
        let settings = try load().recognising(recorded)
        #expect(settings.appliances.filter { $0.name == "x" }.map(\.recordedURL) == kept)
        #expect(names(settings).filter { $0 != "x" } == ["a", "b"])
        #expect(mistakes(settings).count == 2 - kept.count)
        for mistake in mistakes(settings) {
            #expect(mistake.contains("is also the name of"))
            #expect(mistake.contains(kept.isEmpty ? "none of them is polled" : "this one is not polled"))
        }
        let complaint = try #require(try folder.complaint("appliance_files: [d/*.yml]\n"))
        #expect(complaint.contains("d/a.yml:1: [0]: \"x\" is also the name of"), "\(complaint)")
    }

    @Test func `two files with one name and one URL are both refused`() throws {
        for name in ["a", "b"] { try folder.write("d/\(name).yml", Self.list("x")) }
        #expect(names(try load().recognising(["x": "https://x"])) == [])
    }

    /// A look after nothing has changed any more; the first one sees the change, the second one reports it.
    private func settled(_ watch: inout ConfigurationWatch, _ settings: Settings) -> ConfigurationWatch.Change? {
        #expect(watch.look(settings) == nil)
        return watch.look(settings)
    }

    @Test func `a file that appears, changes or goes is noticed when it was the same in two looks`() throws {
        try folder.write("d/a.yml", Self.list("a"))
        var settings = try load()
        var watch = ConfigurationWatch()
        #expect(settled(&watch, settings) == nil)
        func follow(_ change: ConfigurationWatch.Change?, _ file: String) {
            #expect(change == .files([path(file)]))
            settings = settings.rereading([path(file)]).settings
            #expect(watch.look(settings) == nil)
        }
        try folder.write("d/b.yml", "- {name:")
        #expect(watch.look(settings) == nil, "half of a file is not read")
        try folder.write("d/b.yml", Self.list("b"))
        follow(settled(&watch, settings), "b.yml")
        #expect(names(settings) == ["a", "b"])
        try folder.write("d/b.yml", "broken")
        follow(settled(&watch, settings), "b.yml")
        #expect(names(settings) == ["a", "b"])
        #expect(settled(&watch, settings) == nil, "a broken file is read once")
        try FileManager.default.removeItem(atPath: path("b.yml"))
        follow(settled(&watch, settings), "b.yml")
        #expect(names(settings) == ["a"])
    }

    @Test func `a file that changes all the time keeps no other from being read`() throws {
        var settings = try load()
        var watch = ConfigurationWatch()
        try folder.write("d/good.yml", Self.list("good"))
        for turn in 0..<3 {
            try folder.write("d/busy.yml", Self.list("busy\(turn)"))
            if case .files(let paths)? = watch.look(settings) { settings = settings.rereading(paths).settings }
        }
        #expect(names(settings) == ["good"])
    }

    /// `d/*.yml` → `..data/*.yml`, `..data` → a directory of its own for each version, swapped by a rename.
    @Test func `the swap of symbolic links by Kubernetes is one change of each file`() throws {
        let manager = FileManager.default
        func publish(_ version: String, _ name: String) throws {
            try manager.createDirectory(atPath: path("..\(version)"), withIntermediateDirectories: true)
            for file in ["a", "b"] {
                try folder.write("d/..\(version)/\(file).yml", Self.list("\(file)-\(name)", url: file))
            }
            try manager.createSymbolicLink(atPath: path("..data_tmp"), withDestinationPath: "..\(version)")
            #expect(rename(path("..data_tmp"), path("..data")) == 0)
        }
        try publish("1", "old")
        for file in ["a.yml", "b.yml"] {
            try manager.createSymbolicLink(atPath: path(file), withDestinationPath: "..data/\(file)")
        }
        var settings = try load()
        #expect(names(settings) == ["a-old", "b-old"])
        var watch = ConfigurationWatch()
        #expect(settled(&watch, settings) == nil)
        try publish("2", "new")
        try manager.removeItem(atPath: path("..1"))
        guard case .files(let paths)? = settled(&watch, settings) else {
            Issue.record("no change noticed")
            return
        }
        settings = settings.rereading(paths).settings
        #expect(names(settings) == ["a-new", "b-new"])
    }

    @Test func `a directory that cannot be read concerns its own files only, and is an error`() throws {
        let manager = FileManager.default
        for name in ["a", "b"] {
            try manager.createDirectory(atPath: path(name), withIntermediateDirectories: true)
            try folder.write("d/\(name)/x.yml", Self.list(name))
        }
        var settings = try load("appliance_files: [d/a/*.yml, d/b/*.yml]\n")
        var watch = ConfigurationWatch()
        #expect(settled(&watch, settings) == nil)
        // A link to itself cannot be read by root either.
        try manager.removeItem(atPath: path("b"))
        try manager.createSymbolicLink(atPath: path("b"), withDestinationPath: "b")
        try folder.write("d/a/y.yml", Self.list("c"))
        guard case .files(let paths)? = settled(&watch, settings) else {
            Issue.record("no change noticed")
            return
        }
        settings = settings.rereading(paths).settings
        #expect(names(settings) == ["a", "c", "b"])
        let found = mistakes(settings)
        #expect(found.first?.contains("appliance_files: a directory of ") == true, "\(found)")
        #expect(found.contains { $0.contains("d/b/x.yml\": has too many symbolic links") }, "\(found)")
        #expect(settings.files.first?.errors.isEmpty == false)
        #expect(settled(&watch, settings) == nil)

        try manager.removeItem(atPath: path("b"))
        guard case .files(let gone)? = settled(&watch, settings) else {
            Issue.record("no change noticed")
            return
        }
        settings = settings.rereading(gone).settings
        #expect(names(settings) == ["a", "c"])
        #expect(mistakes(settings).isEmpty)
    }

    @Test func `a start with a directory that cannot be read has the files of the others, and notices its end`() throws
    {
        let manager = FileManager.default
        try manager.createDirectory(atPath: path("a"), withIntermediateDirectories: true)
        try folder.write("d/a/x.yml", Self.list("a"))
        try manager.createSymbolicLink(atPath: path("b"), withDestinationPath: "b")
        let settings = try load("appliance_files: [d/a/*.yml, d/b/*.yml]\n")
        #expect(names(settings) == ["a"])
        #expect(mistakes(settings).count == 1)
        let errors = #expect(throws: ConfigurationErrors.self) {
            try Settings.load(arguments: ["--config.check", "--config.file=\(folder.path)/x.yml"], environment: [:])
        }
        #expect("\(try #require(errors))".contains("cannot be read; let the user of the exporter read it"))
        var watch = ConfigurationWatch()
        #expect(settled(&watch, settings) == nil)
        try manager.removeItem(atPath: path("b"))
        #expect(settled(&watch, settings) == .files([]))
        #expect(mistakes(settings.rereading([]).settings).isEmpty)
    }

    @Test func `the main file is watched only with the flag, and a bad one is read once`() throws {
        let file = try folder.write("x.yml", "appliance_files: [d/*.yml]\n")
        for flags in [[], ["--config.auto-reload"]] {
            try folder.write("x.yml", "appliance_files: [d/*.yml]\n")
            guard
                case .run(let settings, _) = try Settings.load(
                    arguments: ["--config.file", file] + flags, environment: [:])
            else { throw Folder.NotARun() }
            var watch = ConfigurationWatch()
            #expect(settled(&watch, settings) == nil)
            try folder.write("x.yml", "broken")
            #expect(settled(&watch, settings) == (flags.isEmpty ? nil : .everything))
            #expect(watch.look(settings) == nil)
        }
    }
}
