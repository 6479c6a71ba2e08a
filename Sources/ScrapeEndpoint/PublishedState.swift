import HTTPServer
import Metrics

/// What is served now: a snapshot, a tail, and the whole bodies made of both.
///
/// It replaces its parts only by newer ones, and is changed by one thread at a time: so no body shows older numbers
/// than one that was finished before it was asked for.
struct PublishedState {
    private(set) var snapshot: Snapshot
    private var tail: LiveSection?
    /// Bodies of this snapshot with this tail.
    private var bodies: [Variant: SharedBody] = [:]
    /// When each variant was last asked for.
    private var lastUsed: [Variant: Int64] = [:]
    private let makeTail: @Sendable () -> [MetricFamily]
    private let withCreated: Bool

    private static let tailAge: Int64 = 100_000_000
    private static let demandAge: Int64 = 600 * 1_000_000_000

    init(_ snapshot: Snapshot, tail: @escaping @Sendable () -> [MetricFamily], withCreated: Bool) {
        self.snapshot = snapshot
        makeTail = tail
        self.withCreated = withCreated
    }

    /// The body that is ready, if its tail is young enough.
    mutating func cachedBody(_ variant: Variant, at now: Int64) -> SharedBody? {
        lastUsed[variant] = now
        return isTailYoung(at: now) ? bodies[variant] : nil
    }

    /// The body with this part of the snapshot; nil if a newer snapshot has come while the part was made, because
    /// others may have been served from it already.
    mutating func makeBody(
        _ variant: Variant, from part: StaticSection, of snapshot: Snapshot, at now: Int64
    ) -> SharedBody? {
        guard snapshot === self.snapshot else { return nil }
        if let body = cachedBody(variant, at: now) { return body }
        var tail = freshLiveSection(at: now)
        let body = part.body(endingWith: tail.text(variant.syntax))
        self.tail = tail
        bodies[variant] = body
        return body
    }

    /// The variants for which there is a demand, to be prepared with the next snapshot; forgets the others.
    mutating func evictUnusedVariants(at now: Int64) -> [Variant] {
        lastUsed = lastUsed.filter { $0.value >= now - Self.demandAge }
        return Array(lastUsed.keys)
    }

    /// Serves this snapshot from now on, with a tail of its own.
    mutating func replaceSnapshot(by next: Snapshot) {
        snapshot = next
        tail = nil
        bodies.removeAll()
    }

    private func isTailYoung(at now: Int64) -> Bool {
        tail.map { now - $0.madeNanoseconds <= Self.tailAge } ?? false
    }

    private mutating func freshLiveSection(at now: Int64) -> LiveSection {
        if let tail, isTailYoung(at: now) { return tail }
        bodies.removeAll()
        return LiveSection(makeTail(), after: snapshot, withCreated: withCreated, madeNanoseconds: now)
    }
}
