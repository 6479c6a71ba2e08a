package import Ledger
import Locking
package import Metrics

/// Polls every appliance in its own task, independent of the others, and counts what they report.
package struct PollManager: Sendable {
    let configurations: [PollConfiguration]
    let ledger: any Ledger
    private let clocks: Clocks
    let seed: UInt64
    private let emit: @Sendable (Event) -> Void
    private let publish: Publish
    private let fleetNames: (@Sendable () -> [String])?

    /// Replaces the families of one feed.
    package typealias Publish = @Sendable (_ appliance: String, _ feed: FeedKind, _ families: [MetricFamily]) -> Void

    /// - Parameters:
    ///   - configurations: One per appliance, with unique names.
    ///   - seed: Of the jitter; the same seed with the same responses gives the same polls.
    ///   - emit: Called for each event, on any thread, in order for each appliance.
    ///   - fleetNames: The names of all appliances of the fleet, among which polls are spread, if it is more than what
    ///     this manager polls.
    ///   - publish: Called with all families of a feed whenever they change, first at the start.
    package init(
        configurations: [PollConfiguration], ledger: any Ledger, clocks: Clocks = .system, seed: UInt64,
        fleetNames: (@Sendable () -> [String])? = nil,
        emit: @escaping @Sendable (Event) -> Void,
        publish: @escaping Publish
    ) {
        self.configurations = configurations
        self.ledger = ledger
        self.clocks = clocks
        self.seed = seed
        self.fleetNames = fleetNames
        self.emit = emit
        self.publish = publish
    }

    func session(of configuration: PollConfiguration, budget: RequestBudget = RequestBudget()) -> ApplianceSession {
        ApplianceSession(configuration, clocks: clocks, budget: budget, emit: emit)
    }

    /// The feeds that are polled of an appliance.
    func feeds(on session: ApplianceSession, _ restored: InitialState?) -> [any Feed] {
        let configuration = session.configuration
        return configuration.feeds.map { kind in
            let publish: @Sendable ([MetricFamily]) -> Void = { [publish] in publish(configuration.name, kind, $0) }
            func counted<Counting: RecordCounting>(_ counting: Counting) -> CountedFeed<Counting> {
                CountedFeed(
                    kind, counting, session: session, ledger: ledger,
                    restored: restored?.remove(FeedKey(appliance: configuration.name, feed: kind.name)),
                    publish: publish)
            }
            switch kind.source {
            case .gauges(let table): return GaugeFeed(kind, table, session: session, publish: publish)
            case .records(let table): return counted(TableCounting(table: table))
            case .breaches: return counted(BreachCounting(maxModels: configuration.maxModels))
            case .acknowledgements:
                let key = FeedKey(appliance: configuration.name, feed: kind.name)
                return AcknowledgementFeed(
                    session: session, ledger: ledger, restored: restored?.remove(key), publish: publish)
            }
        }
    }

    /// Publishes what the ledger holds from the previous run, and returns when that is done; sends no request.
    ///
    /// Called before serving, the first scrape shows what the last one before the restart showed. What cannot be read
    /// now is reported by `run`, which reads it again.
    package static func restore(
        _ configurations: [PollConfiguration], from ledger: any Ledger, publish: @escaping Publish
    ) async -> InitialState {
        // The ledger reads one feed after the other; each one's families are built while it reads the next.
        await withTaskGroup { group in
            for configuration in configurations {
                for kind in configuration.feeds where kind.isCounted {
                    group.addTask {
                        let key = FeedKey(appliance: configuration.name, feed: kind.name)
                        @Sendable func snapshot<Counting: RecordCounting>(_ counting: Counting) async -> (any Sendable)?
                        {
                            guard let snapshot = try? await LedgerSnapshot.read(key, from: ledger, by: counting) else {
                                return nil
                            }
                            let baseline = snapshot.counting.baseline(
                                of: configuration.name, checkpoint: snapshot.checkpoint)
                            publish(configuration.name, kind, baseline + snapshot.families)
                            return snapshot
                        }
                        switch kind.source {
                        case .gauges: return (key, (any Sendable)?.none)
                        case .records(let table): return (key, await snapshot(TableCounting(table: table)))
                        case .breaches:
                            return (key, await snapshot(BreachCounting(maxModels: configuration.maxModels)))
                        case .acknowledgements:
                            return (key, await snapshot(AcknowledgementCounting(configuration)))
                        }
                    }
                }
            }
            return InitialState(await group.reduce(into: [:]) { snapshots, part in snapshots[part.0] = part.1 })
        }
    }
}

/// The state of the ledger when polls begin; each feed removes its part, so that nothing is kept.
package final class InitialState: Sendable {
    private let snapshots: Locked<[FeedKey: any Sendable]>

    package init(_ snapshots: [FeedKey: any Sendable] = [:]) { self.snapshots = Locked(snapshots) }

    /// Replaces what is kept of these appliances by what was read now.
    package func replace(_ appliances: [String], by other: InitialState) {
        let new = other.snapshots.withLock(\.self)
        snapshots.withLock { snapshots in
            snapshots = snapshots.filter { !appliances.contains($0.key.appliance) }.merging(new) { $1 }
        }
    }

    func remove<Counting: RecordCounting>(_ key: FeedKey) -> LedgerSnapshot<Counting>? {
        snapshots.withLock { $0.removeValue(forKey: key) as? LedgerSnapshot<Counting> }
    }
}

// MARK: Polling until cancelled

extension PollManager {
    /// Polls until the task is cancelled, then ends at once: nothing uncommitted counts.
    ///
    /// - Parameters:
    ///   - changes: All appliances after each reload. A poller whose configuration is equal to the former one keeps
    ///     running; a changed one is replaced when it has ended, and a removed one ends.
    ///   - restored: What was read before; nothing may have been written since.
    package func run(
        changes: some AsyncSequence<[PollConfiguration], Never> & Sendable = AsyncStream { $0.finish() },
        from restored: InitialState? = nil
    ) async {
        await withDiscardingTaskGroup { group in
            var slots: [String: Slot] = [:]
            var next: [PollConfiguration]? = configurations
            var iterator = changes.makeAsyncIterator()
            while let configurations = next {
                let names = Set(configurations.map(\.name))
                for (name, slot) in slots where !names.contains(name) { slot.configure(nil) }
                let added = configurations.filter { slots[$0.name]?.configuration == nil }
                let offsets = PollOffset.spread(added, among: fleetNames?() ?? configurations.map(\.name))
                for configuration in added where slots[configuration.name] == nil {
                    let slot = Slot()
                    slots[configuration.name] = slot
                    let offset = offsets[configuration.name] ?? PollOffset()
                    group.addTask(name: "appliance \(configuration.name)") {
                        await run(slot, of: configuration.name, from: restored, offset)
                    }
                }
                for configuration in configurations { slots[configuration.name]?.configure(configuration) }
                next = await iterator.next(isolation: #isolation)
            }
        }
    }

    /// The place of one appliance by its name: it stays when the configuration changes, and with it the budget.
    private final class Slot: Sendable {
        let changes: AsyncStream<Version>
        private let continuation: AsyncStream<Version>.Continuation
        private let current = Locked<PollConfiguration?>(nil)

        init() { (changes, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

        var configuration: PollConfiguration? { current.withLock { $0 } }

        /// Sets the configuration; nil ends the polls until the appliance is configured again.
        func configure(_ configuration: PollConfiguration?) {
            let isChanged = current.withLock { current in
                defer { current = configuration }
                return current != configuration
            }
            if isChanged { continuation.yield(Version(configuration)) }
        }

        /// A configuration, or its removal. A class, so that `run` keeps a reference in its frame while it waits and not
        /// a copy.
        final class Version: Sendable {
            /// Nil ends the polls.
            let configuration: PollConfiguration?

            init(_ configuration: PollConfiguration?) { self.configuration = configuration }
        }
    }

    /// Runs the pollers of one appliance, one after the other.
    private func run(_ slot: Slot, of name: String, from restored: InitialState?, _ offset: PollOffset) async {
        var budget = RequestBudget()
        var address: String?
        var offset = offset
        var iterator = slot.changes.makeAsyncIterator()
        var next = await iterator.next(isolation: #isolation)
        while let version = next {
            guard let newAddress = version.configuration?.connection.address else {
                // Its last poll has ended, or it never had one.
                emit(Event(appliance: name, .removed))
                next = await iterator.next(isolation: #isolation)
                continue
            }
            if let known = address, known != newAddress { budget = RequestBudget() }
            address = newAddress
            let (currentBudget, currentOffset) = (budget, offset)
            next = await withTaskGroup { group in
                group.addTask {
                    guard let configuration = version.configuration else { return }
                    await poll(configuration, currentBudget, restored, currentOffset)
                }
                let changed = await iterator.next(isolation: #isolation)
                group.cancelAll()
                return changed
            }
            offset.startDelay = .zero
        }
    }

    private func poll(
        _ configuration: PollConfiguration, _ budget: RequestBudget, _ restored: InitialState?, _ offset: PollOffset
    ) async {
        emit(Event(appliance: configuration.name, .started(configuration)))
        let session = session(of: configuration, budget: budget)
        let feeds = feeds(on: session, restored)
        await AppliancePoller(session: session, feeds: feeds, seed: seed, offset: offset).run()
    }
}

// MARK: Polling once

/// The result of polling everything once.
package struct OnceResult: Sendable {
    /// The appliances of which a poll of a counted feed failed, in the order of the configuration.
    package fileprivate(set) var failed: [String] = []
    /// The series that are exposed as 0, by their feed.
    fileprivate var held: [(feed: FeedKey, rows: [RowKey])] = []
}

extension PollManager {
    /// Polls everything once, each appliance in its own task, and returns when all polls have ended.
    ///
    /// A poll continues until nothing is left to request, including the whole first lookback, or until it fails. No
    /// series is released. When the task is cancelled it ends at once: nothing uncommitted counts.
    ///
    /// - Parameter restored: What was read before; nothing may have been written since.
    package func pollOnce(from restored: InitialState? = nil) async -> OnceResult {
        await withTaskGroup { group in
            for (index, configuration) in configurations.enumerated() {
                group.addTask(name: "appliance \(configuration.name)") {
                    (index, await pollOnce(configuration, restored))
                }
            }
            var parts: [Int: OnceResult] = [:]
            for await (index, part) in group { parts[index] = part }
            return parts.sorted { $0.key < $1.key }.reduce(into: OnceResult()) { result, part in
                result.failed += part.value.failed
                result.held += part.value.held
            }
        }
    }

    private func pollOnce(_ configuration: PollConfiguration, _ restored: InitialState?) async -> OnceResult {
        var configuration = configuration
        // A poll may last longer than the hold, and what it finds must be exposed as 0 at its end.
        if configuration.newSeriesHold > .zero { configuration.newSeriesHold = .longest }
        let session = session(of: configuration)
        let feeds = feeds(on: session, restored)
        session.feeds = feeds
        // Feeds and session refer to each other.
        defer { session.feeds = [] }
        for feed in feeds { await feed.restore() }
        var result = OnceResult()
        for feed in feeds {
            let outcome = await session.poll(feed, from: session.monotonic, until: nil)
            if let outcome { session.reportPoll(feed, outcome) }
            result.held.append(feed.heldSeries)
            guard feed.kind.isCounted, !feed.isUnavailable else { continue }
            if outcome == nil || outcome?.failure != nil { result.failed = [configuration.name] }
            // The other feeds would fail in the same way.
            if let policy = outcome?.failure?.1, policy.scope != .feed { break }
        }
        return result
    }

    /// Releases the series that `pollOnce` exposed as 0; when it returns it is durable, and the next run exposes them.
    ///
    /// To be called when the zeros have been delivered. Otherwise the next run exposes them as 0 once more.
    package func release(_ result: OnceResult) async throws(LedgerError) {
        for (feed, rows) in result.held where !rows.isEmpty { try await ledger.release(rows, in: feed) }
    }
}
