package import Ledger
import Locking

/// Gives this replica its share of the appliances of a fleet.
///
/// It passes the appliances whose lease it holds to a `PollManager`, and takes each back before its lease can end. An
/// appliance is taken only when its former poller has ended, so that nothing of an earlier epoch is ever committed.
package final class LeaseManager: Sendable {
    private let store: any LeaseStore
    private let table: LeaseTable
    private let clocks: Clocks
    private let prepare: @Sendable ([PollConfiguration]) async -> Void
    private let emit: @Sendable (LeaseEvent) -> Void
    private let inbox = Locked(Inbox())
    private let wakes: AsyncStream<Void>
    private let wakeup: AsyncStream<Void>.Continuation
    private let assignment: AsyncStream<[PollConfiguration]>.Continuation

    /// The appliances to be polled, whenever they change.
    package let assignments: AsyncStream<[PollConfiguration]>

    /// What others say between two steps.
    private struct Inbox {
        /// The enabled and the disabled appliances, after each reload.
        var configured: (enabled: [PollConfiguration], disabled: Set<String>)?
        /// The appliances whose poller has ended.
        var ended: Set<String> = []
        /// The appliances with a request in flight.
        var inFlight: Set<String> = []
        /// Those of which the manager waits for a pause between two requests.
        var awaited: Set<String> = []
    }

    /// - Parameters:
    ///   - prepare: Publishes what the ledger holds of appliances that were taken, before they are exposed and polled.
    ///   - emit: Called for each event, in order.
    package init(
        _ store: any LeaseStore, table: LeaseTable, clocks: Clocks = .system,
        prepare: @escaping @Sendable ([PollConfiguration]) async -> Void,
        emit: @escaping @Sendable (LeaseEvent) -> Void
    ) {
        self.store = store
        self.table = table
        self.clocks = clocks
        self.prepare = prepare
        self.emit = emit
        (wakes, wakeup) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        (assignments, assignment) = AsyncStream.makeStream()
    }

    /// Sets the configured appliances, at the start and after each reload.
    ///
    /// - Parameter disabled: The names of those that are not polled; their configuration is exposed by one replica.
    package func configure(_ enabled: [PollConfiguration], disabled: Set<String>) {
        inbox.withLock { $0.configured = (enabled, disabled) }
        wakeup.yield()
    }

    /// Follows the polls; every event of the `PollManager` has to be passed here, after it has been handled.
    package func observe(_ event: Event) {
        let wakes = inbox.withLock { inbox in
            switch event.kind {
            case .attemptBegan: inbox.inFlight.insert(event.appliance)
            case .attemptEnded:
                inbox.inFlight.remove(event.appliance)
                return inbox.awaited.contains(event.appliance)
            case .removed:
                inbox.inFlight.remove(event.appliance)
                inbox.ended.insert(event.appliance)
                return true
            default: break
            }
            return false
        }
        if wakes { wakeup.yield() }
    }

    /// Takes, renews and gives up leases until the task is cancelled; those that are held then end with the ledger.
    package func run() async {
        var share = LeaseShare(store, table: table, clocks: clocks)
        var iterator = wakes.makeAsyncIterator()
        while !Task.isCancelled {
            await step(&share)
            let due = share.nextDue
            await withTaskGroup { group in
                group.addTask { [clocks, wakeup] in
                    guard (try? await clocks.sleep(due.nanoseconds)) != nil else { return }
                    wakeup.yield()
                }
                _ = await iterator.next(isolation: #isolation)
                group.cancelAll()
            }
        }
        assignment.finish()
    }

    /// Takes the free leases among those of some appliances, to poll each of these once and expose it; no fleet is joined.
    ///
    /// - Returns: The appliances whose lease was taken.
    package static func takeOnce(
        _ configurations: [PollConfiguration], _ store: any LeaseStore, table: LeaseTable
    ) async throws(LedgerError) -> [PollConfiguration] {
        let leases = try await store.takeLeases(of: configurations.map(\.name))
        for lease in leases {
            table.hold(lease, until: .distantFuture)
            table.expose(lease.appliance)
        }
        return configurations.filter { table.isExposed($0.name) }
    }

    private func step(_ share: inout LeaseShare) async {
        let (configured, ended, inFlight) = inbox.withLock { inbox in
            defer { (inbox.configured, inbox.ended) = (nil, []) }
            return (inbox.configured, inbox.ended, inbox.inFlight)
        }
        if let configured { share.configure(configured.enabled, disabled: configured.disabled) }
        share.ended(ended)
        share.stopExpired()
        // What ends must not wait for the database.
        publish(&share, isConfigured: configured != nil)
        await share.useDatabase(inFlight: inFlight)
        let batch = share.nextBatch
        if !batch.isEmpty {
            await prepare(batch)
            share.begin(batch)
        }
        publish(&share, isConfigured: false)
    }

    /// Passes the appliances to the pollers if they changed.
    private func publish(_ share: inout LeaseShare, isConfigured: Bool) {
        inbox.withLock { $0.awaited = Set(share.awaited.keys) }
        if share.takeChange() || isConfigured { assignment.yield(share.assignment) }
        for event in share.takeEvents() { emit(event) }
    }
}
