import Darktrace
import Ledger
import Locking

/// What is known of the breaches that a short record does not tell about: which ones are open, which acknowledgements
/// are counted, and which breaches may be acknowledged.
final class OpenBreaches: Sendable {
    private let state = Locked(State())

    private struct State {
        var open: Set<BreachIdentity> = []
        var listedUpTo = ApplianceTime.epoch
        /// Acknowledged, and counted.
        var counted: Set<BreachIdentity> = []
        var candidates: [BreachIdentity: Candidate] = [:]
    }

    /// A breach that the list of open ones lacks, without a counted acknowledgement.
    private struct Candidate {
        /// When to look at its full record.
        var due = MonotonicInstant(nanoseconds: 0)
        var form = AcknowledgementLookup.Form.any
    }

    private static let limit = 100_000
    /// What is this much older than the list is forgotten.
    private static let margin = Duration.day

    /// - Parameters:
    ///   - open: The complete list.
    ///   - start: Of the list's window.
    ///   - end: Of the list's window.
    func replace(_ open: Set<BreachIdentity>, from start: ApplianceTime, upTo end: ApplianceTime) {
        let oldest = (start - Self.margin).milliseconds
        state.withLock {
            $0.open = open
            $0.listedUpTo = end
            $0.counted = $0.counted.filter { $0.creation >= oldest }
            $0.candidates = $0.candidates.filter { $0.key.creation >= oldest && !open.contains($0.key) }
        }
    }

    /// Notes a record without an acknowledgement.
    ///
    /// - Returns: Whether its full record may show one.
    func noteUnacknowledged(_ breach: BreachIdentity) -> Bool {
        state.withLock {
            guard breach.creation < $0.listedUpTo.milliseconds, !$0.open.contains(breach), !$0.counted.contains(breach)
            else { return false }
            if $0.candidates[breach] == nil, $0.candidates.count < Self.limit { $0.candidates[breach] = Candidate() }
            return true
        }
    }

    /// Notes that these acknowledgements are counted.
    func note(counted breaches: [BreachIdentity]) {
        state.withLock {
            if $0.counted.count > Self.limit { $0.counted = [] }
            $0.counted.formUnion(breaches)
            for breach in breaches { $0.candidates[breach] = nil }
        }
    }

    /// The breaches to look at now, newest first.
    func candidates(at now: MonotonicInstant) -> [AcknowledgementLookup.Candidate] {
        state.withLock { state in
            state.candidates.filter { $0.value.due <= now }
                .map { AcknowledgementLookup.Candidate(breach: $0.key, form: $0.value.form) }
        }.sorted { ($0.breach.creation, $0.breach.id) > ($1.breach.creation, $1.breach.id) }
    }

    /// Looks at breaches again later: their full records show no acknowledgement.
    func postpone(_ breaches: some Sequence<BreachIdentity>, until due: MonotonicInstant) {
        state.withLock { for breach in breaches { $0.candidates[breach]?.due = due } }
    }

    /// Looks at breaches in the other form, or later where that one failed already: the response did not have them.
    func noteMissing(
        _ breaches: some Sequence<BreachIdentity>, in form: AcknowledgementLookup.Form, until due: MonotonicInstant
    ) {
        state.withLock { state in
            for breach in breaches {
                if state.candidates[breach]?.form == .any {
                    state.candidates[breach]?.form = form == .single ? .window : .single
                } else {
                    state.candidates[breach]?.due = due
                }
            }
        }
    }
}

/// A breach across the resets of its appliance, which give ids again.
struct BreachIdentity: Hashable, Sendable {
    let id: Int64
    /// In milliseconds since 1970.
    let creation: Int64

    init(id: Int64, creation: Int64) {
        self.id = id
        self.creation = creation
    }

    /// Nil for a record without a time.
    init?(_ breach: ModelBreach) {
        guard let creation = breach.creationMilliseconds ?? breach.activityMilliseconds else { return nil }
        self.init(id: breach.id, creation: creation)
    }

    var seenRecord: SeenRecord { SeenRecord(id: id, milliseconds: creation) }
}
