import HTTPServer
import Metrics

/// What scrapes are answered with: the rendered sections, the live section, and the bodies made of both.
///
/// Its parts are only replaced by newer ones, by one build at a time: so no body is older than one that was complete
/// when its scrape started.
struct ScrapeState {
    private var sections: Sections?
    /// Whether something changed since the data of the sections were collected.
    private var isStale = true
    private var live: LiveSection?
    /// Bodies of these sections with this live section.
    private var bodies: [Variant: SharedBody] = [:]
    /// When each variant was last requested.
    private var lastUsed: [Variant: Int64] = [:]
    private let makeLive: @Sendable (ScrapeScope) -> [MetricFamily]
    private let withCreated: Bool

    private static let maximumLiveAge: Int64 = 100_000_000
    private static let collectionInterval: Int64 = 1_000_000_000
    private static let variantLifetime: Int64 = 600 * 1_000_000_000

    private struct Sections {
        let collectedAt: Int64
        /// Identifies the set of groups that was exposed then.
        let exposed: UInt64
        let claimedNames: Set<String>
        /// Nil for a variant that could not be compressed.
        var byVariant: [Variant: StaticSection?]
    }

    /// What a scrape finds.
    enum Lookup {
        case body(SharedBody)
        /// A build has to make the body.
        case missing
        /// There was no memory for the compression.
        case failed
    }

    init(live: @escaping @Sendable (ScrapeScope) -> [MetricFamily], withCreated: Bool) {
        makeLive = live
        self.withCreated = withCreated
    }

    /// Finds the body of a variant, and records that it was requested.
    ///
    /// - Parameters:
    ///   - exposed: Identifies the set of groups that may be exposed now.
    ///   - afterBuild: The scrape waited for a build: what it finds is new enough.
    mutating func lookUp(_ variant: Variant, at now: Int64, exposed: UInt64, afterBuild: Bool) -> Lookup {
        lastUsed[variant] = now
        guard let sections, sections.exposed == exposed, afterBuild || !isTooOld(sections, at: now),
            let section = sections.byVariant[variant]
        else { return .missing }
        guard let section else { return .failed }
        guard variant.scope == .everything else {
            var live = LiveSection(
                makeLive(variant.scope), excluding: sections.claimedNames, withCreated: withCreated,
                madeNanoseconds: now)
            return .body(section.body(endingWith: live.text(variant.syntax)))
        }
        if live.map({ now - $0.madeNanoseconds > Self.maximumLiveAge }) ?? true {
            bodies.removeAll()
            live = LiveSection(
                makeLive(.everything), excluding: sections.claimedNames, withCreated: withCreated, madeNanoseconds: now)
        }
        if let body = bodies[variant] { return .body(body) }
        let body = section.body(endingWith: live?.text(variant.syntax) ?? [])
        bodies[variant] = body
        return .body(body)
    }

    /// Records a change; true if the last scrape was so long ago that what is cached can be dropped.
    mutating func markStale(at now: Int64) -> Bool {
        isStale = true
        guard sections != nil, variantsInUse(at: now).isEmpty else { return false }
        sections = nil
        live = nil
        bodies.removeAll()
        lastUsed.removeAll()
        return true
    }

    /// Whether a build has to collect the families; if so, changes from now on need another build.
    ///
    /// - Parameter exposed: Identifies the set of groups that may be exposed now.
    mutating func beginCollection(at now: Int64, exposed: UInt64) -> Bool {
        if let sections, sections.exposed == exposed, !isTooOld(sections, at: now) { return false }
        isStale = false
        return true
    }

    /// The variants that were requested within ten minutes.
    func variantsInUse(at now: Int64) -> Set<Variant> {
        Set(lastUsed.filter { $0.value >= now - Self.variantLifetime }.keys)
    }

    /// Replaces all sections by those of newly collected families.
    mutating func replace(
        _ byVariant: [Variant: StaticSection?], claimedNames: Set<String>, exposed: UInt64, collectedAt: Int64
    ) {
        sections = Sections(
            collectedAt: collectedAt, exposed: exposed, claimedNames: claimedNames, byVariant: byVariant)
        live = nil
        bodies.removeAll()
    }

    /// Adds further variants of the same families.
    mutating func add(_ byVariant: [Variant: StaticSection?]) {
        sections?.byVariant.merge(byVariant) { $1 }
    }

    /// Changes within a second share one collection.
    private func isTooOld(_ sections: Sections, at now: Int64) -> Bool {
        isStale && now - sections.collectedAt >= Self.collectionInterval
    }
}

/// The few families that change too often for the sections, collected during a scrape.
struct LiveSection {
    let madeNanoseconds: Int64
    private let exposition: Exposition
    private let withCreated: Bool
    private var texts: [TextFormat: [UInt8]] = [:]

    /// Leaves out families whose names are taken.
    init(_ families: [MetricFamily], excluding taken: Set<String>, withCreated: Bool, madeNanoseconds: Int64) {
        self.madeNanoseconds = madeNanoseconds
        self.withCreated = withCreated
        exposition = Exposition(families, excluding: taken)
    }

    /// The text, with the end of the format.
    mutating func text(_ syntax: TextFormat) -> [UInt8] {
        if let text = texts[syntax] { return text }
        let text = exposition.body(as: syntax, withCreated: withCreated)
        texts[syntax] = text
        return text
    }
}
