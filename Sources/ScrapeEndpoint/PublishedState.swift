import HTTPServer
import Metrics

/// The current snapshot, the current live section, and the bodies made of both.
///
/// Its parts are only replaced by newer ones, by one thread at a time: so no body is older than one that was complete
/// when its scrape started.
struct PublishedState {
    private(set) var snapshot: Snapshot
    private var live: LiveSection?
    /// Bodies of this snapshot with this live section.
    private var bodies: [Variant: SharedBody] = [:]
    /// When each variant was last requested.
    private var lastUsed: [Variant: Int64] = [:]
    private let makeLive: @Sendable () -> [MetricFamily]
    private let withCreated: Bool

    private static let maximumLiveAge: Int64 = 100_000_000
    private static let variantLifetime: Int64 = 600 * 1_000_000_000

    init(_ snapshot: Snapshot, live: @escaping @Sendable () -> [MetricFamily], withCreated: Bool) {
        self.snapshot = snapshot
        makeLive = live
        self.withCreated = withCreated
    }

    /// The cached body if its live section is fresh enough; records that the variant was requested.
    mutating func cachedBody(_ variant: Variant, at now: Int64) -> SharedBody? {
        lastUsed[variant] = now
        return isLiveFresh(at: now) ? bodies[variant] : nil
    }

    /// Makes the body with this part of a snapshot; nil if a newer snapshot was published while the part was rendered,
    /// because other scrapes may have been served from it already.
    mutating func makeBody(
        _ variant: Variant, from part: StaticSection, of snapshot: Snapshot, at now: Int64
    ) -> SharedBody? {
        guard snapshot === self.snapshot else { return nil }
        if let body = cachedBody(variant, at: now) { return body }
        var live = freshLiveSection(at: now)
        let body = part.body(endingWith: live.text(variant.syntax))
        self.live = live
        bodies[variant] = body
        return body
    }

    /// Forgets variants that were not requested lately and returns the others, to be rendered with the next snapshot.
    mutating func evictUnusedVariants(at now: Int64) -> [Variant] {
        lastUsed = lastUsed.filter { $0.value >= now - Self.variantLifetime }
        return Array(lastUsed.keys)
    }

    /// Replaces the snapshot and drops live section and bodies.
    mutating func replaceSnapshot(by next: Snapshot) {
        snapshot = next
        live = nil
        bodies.removeAll()
    }

    private func isLiveFresh(at now: Int64) -> Bool {
        live.map { now - $0.madeNanoseconds <= Self.maximumLiveAge } ?? false
    }

    private mutating func freshLiveSection(at now: Int64) -> LiveSection {
        if let live, isLiveFresh(at: now) { return live }
        bodies.removeAll()
        return LiveSection(makeLive(), after: snapshot, withCreated: withCreated, madeNanoseconds: now)
    }
}

/// The few families that change too often for the snapshot, collected during a scrape.
struct LiveSection {
    let madeNanoseconds: Int64
    private let exposition: Exposition
    private let withCreated: Bool
    private var texts: [TextFormat: [UInt8]] = [:]

    /// Leaves out families that the snapshot has already.
    init(_ families: [MetricFamily], after snapshot: Snapshot, withCreated: Bool, madeNanoseconds: Int64) {
        self.madeNanoseconds = madeNanoseconds
        self.withCreated = withCreated
        exposition = Exposition(families, excluding: snapshot.exposition.claimedNames)
    }

    /// The text, with the end of the format.
    mutating func text(_ syntax: TextFormat) -> [UInt8] {
        if let text = texts[syntax] { return text }
        let text = exposition.body(as: syntax, withCreated: withCreated)
        texts[syntax] = text
        return text
    }
}
