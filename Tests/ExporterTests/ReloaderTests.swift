import Collector
import Configuration
import Foundation
import Locking
import Logging
import Metrics
import TestSupport
import Testing

@testable import Exporter

@Suite(.timeLimit(.minutes(1))) struct ReloaderTests {
    private let file = FileManager.default.temporaryDirectory.appending(path: "reload-\(UUID().uuidString).yml")

    private func write(maxModels: Int) throws {
        let text = """
            appliances:
              - {name: hq, url: 'https://192.0.2.1', public_token: a, private_token: b, max_models: \(maxModels),
                 overlap: 1m}
            """
        try Data(text.utf8).write(to: file)
    }

    /// The first reload is held up between its reading and its end: at the line that warns of the short overlap.
    @Test func `of two reloads at a time the one that read the newer file wins`() async throws {
        defer { try? FileManager.default.removeItem(at: file) }
        try write(maxModels: 1)
        guard case .run(let initial, _) = try Settings.load(arguments: ["--config.file=\(file.path)"], environment: [:])
        else {
            Issue.record("not a run")
            return
        }
        let goesOn = DispatchSemaphore(value: 0)
        let isHeld = Locked(false)
        let logger = Logger(level: .info, format: .logfmt) { _ in
            let isFirst = isHeld.withLock { isHeld in
                defer { isHeld = true }
                return !isHeld
            }
            if isFirst { goesOn.wait() }
        }
        let ends = Locked(0)
        let reloader = Reloader(
            initial, environment: [:], logger: logger, program: ExporterMetrics(startMilliseconds: 0),
            clocks: .system, changed: { ends.withLock { $0 += 1 } })

        try write(maxModels: 2)
        Thread.detachNewThread { _ = reloader.reload() }
        try await #require(eventually { isHeld.withLock { $0 } })
        try write(maxModels: 3)
        Thread.detachNewThread { _ = reloader.reload() }
        // Time enough for the second to overtake, if it could.
        _ = try await eventually(seconds: 0.3) { ends.withLock { $0 } == 1 }
        goesOn.signal()
        try await #require(eventually { ends.withLock { $0 } == 2 })
        var changes = reloader.changes.makeAsyncIterator()
        #expect(await changes.next()?.appliances.map(\.maxModels) == [3])
        #expect(reloader.reload() == nil)
        try write(maxModels: 0)
        #expect(reloader.reload()?.contains("max_models") == true)
        #expect(ends.withLock { $0 } == 4)
    }

    @Test func `a bad main file is shown until it is good, whatever other files do`() async throws {
        let directory = try TemporaryDirectory()
        let main = "appliance_files: ['\(directory.path("site.yml"))']"
        func write(site name: String) throws {
            try directory.write(
                "site.yml", "- {name: \(name), url: 'https://192.0.2.2', public_token: a, private_token: b}\n")
        }
        try write(site: "one")
        let file = try directory.write("main.yml", main)
        guard case .run(let initial, _) = try Settings.load(arguments: ["--config.file=\(file)"], environment: [:])
        else {
            Issue.record("not a run")
            return
        }
        let system = Clocks.system
        let clocks = Clocks(
            monotonicNanoseconds: system.monotonicNanoseconds, wallMilliseconds: system.wallMilliseconds,
            sleep: { (instant) async throws(CancellationError) in try await system.sleep(instant - 1_990_000_000) })
        let program = ExporterMetrics(startMilliseconds: 0)
        let reloader = Reloader(
            initial, environment: [:], logger: Logger(level: .info, format: .logfmt) { _ in }, program: program,
            clocks: clocks, changed: {})
        func success() -> Double? {
            program.collect().first { $0.descriptor.name == "darktrace_exporter_config_file_success" }?
                .series.first { String(decoding: $0.labels.rendered, as: UTF8.self).contains("main.yml") }.flatMap {
                    if case .number(let value, _) = $0.value { value } else { nil }
                }
        }
        try directory.write("main.yml", "broken")
        #expect(reloader.reload() != nil)
        #expect(success() == 0)
        let watch = Task { await reloader.watch() }
        try write(site: "two")
        var changes = reloader.changes.makeAsyncIterator()
        let changed = await changes.next()
        #expect(changed?.appliances.map(\.name) == ["two"])
        // The look that found it may not have ended yet.
        try await #require(eventually { success() == 0 })
        watch.cancel()
        await watch.value
        #expect(success() == 0)
        try directory.write("main.yml", main)
        #expect(reloader.reload() == nil)
        #expect(success() == 1)
    }

    @Test func `files are looked at only while there are some, also when a reload brings them`() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "watch-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer {
            try? FileManager.default.removeItem(at: file)
            try? FileManager.default.removeItem(at: folder)
        }
        try write(maxModels: 1)
        let arguments = ["--config.file=\(file.path)"]
        guard case .run(let initial, _) = try Settings.load(arguments: arguments, environment: [:]) else {
            Issue.record("not a run")
            return
        }
        let looks = Locked(0)
        let system = Clocks.system
        let clocks = Clocks(
            monotonicNanoseconds: system.monotonicNanoseconds, wallMilliseconds: system.wallMilliseconds,
            sleep: { (instant) async throws(CancellationError) in
                looks.withLock { $0 += 1 }
                try await system.sleep(instant - 1_990_000_000)
            })
        let reloader = Reloader(
            initial, environment: [:], logger: Logger(level: .info, format: .logfmt) { _ in },
            program: ExporterMetrics(startMilliseconds: 0), clocks: clocks, changed: {})
        let watch = Task { await reloader.watch() }
        // Time enough for looks, if there were any.
        #expect(try await !eventually(seconds: 0.3) { looks.withLock { $0 } > 0 })

        try Data("appliance_files: ['\(folder.path)/*.yml']".utf8).write(to: file)
        #expect(reloader.reload() == nil)
        let list = "- {name: site, url: 'https://192.0.2.2', public_token: a, private_token: b}\n"
        try Data(list.utf8).write(to: folder.appending(path: "site.yml"))
        var changes = reloader.changes.makeAsyncIterator()
        var names: [String] = []
        while names != ["site"] {
            let settings = await changes.next()
            names = try #require(settings).appliances.map(\.name)
        }
        #expect(looks.withLock { $0 } > 0)
        watch.cancel()
        await watch.value
    }
}
