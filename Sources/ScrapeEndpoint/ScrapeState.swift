import HTTPServer
import Metrics

/// What scrapes are answered with: the rendered sections, the live section, and the bodies made of both.
///
/// Its parts are only replaced by newer ones, by one build at a time: so no body is older than one that was complete
/// when its scrape started.
struct ScrapeState {
    private var collection: LastCollection?
    /// Whether something changed since the families were collected.
    private var isStale = true
    private var live: LiveSection?
    /// What was requested within ten minutes before the last collection, or since.
    private var variants: [Variant: RequestedVariant] = [:]
    /// The sections for all appliances with the current live section.
    private var bodies: [Variant: SharedBody] = [:]
    private let makeLive: @Sendable (ScrapeScope) -> [MetricFamily]
    private let withCreated: Bool

    private static let maximumLiveAge: Int64 = 100_000_000
    private static let collectionInterval: Int64 = 1_000_000_000
    private static let variantLifetime: Int64 = 600 * 1_000_000_000
    /// More than may be requested at the same time by default.
    private static let maximumCombinations = 64

    /// When and of what the sections were collected.
    private struct LastCollection {
        let collectedAt: Int64
        /// Identifies the set of groups that was exposed then.
        let exposed: UInt64
        let claimedNames: Set<String>
    }

    private struct RequestedVariant {
        var lastUsed: Int64
        var section = Section.missing
    }

    private enum Section {
        case missing
        case made(StaticSection)
        case failed

        init(_ section: StaticSection?) { self = section.map(Self.made) ?? .failed }
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
        guard let index = variants.index(forKey: variant) else {
            if variant.scope.isCombination { limitCombinations() }
            variants[variant] = RequestedVariant(lastUsed: now)
            return .missing
        }
        variants.values[index].lastUsed = now
        guard let collection, collection.exposed == exposed, afterBuild || !isTooOld(collection, at: now) else {
            return .missing
        }
        let section: StaticSection
        switch variants.values[index].section {
        case .missing: return .missing
        case .failed: return .failed
        case .made(let made): section = made
        }
        guard variant.scope == .everything else {
            var live = liveSection(variant.scope, collection, at: now)
            return .body(section.body(endingWith: live.text(variant.syntax)))
        }
        if live.map({ now - $0.madeNanoseconds > Self.maximumLiveAge }) ?? true {
            live = liveSection(.everything, collection, at: now)
            bodies.removeAll()
        }
        if let body = bodies[variant] { return .body(body) }
        let body = section.body(endingWith: live?.text(variant.syntax) ?? [])
        bodies[variant] = body
        return .body(body)
    }

    /// Each appliance may be requested on its own in every format, but their combinations must not fill the memory.
    private mutating func limitCombinations() {
        let combinations = variants.filter(\.key.scope.isCombination)
        let excess = combinations.count + 1 - Self.maximumCombinations
        guard excess > 0 else { return }
        for (variant, _) in combinations.sorted(by: { $0.value.lastUsed < $1.value.lastUsed }).prefix(excess) {
            variants[variant] = nil
        }
    }

    private func liveSection(_ scope: ScrapeScope, _ collection: LastCollection, at now: Int64) -> LiveSection {
        LiveSection(
            makeLive(scope), excluding: collection.claimedNames, withCreated: withCreated, madeNanoseconds: now)
    }

    /// Whether nothing is collected.
    var isUnused: Bool { collection == nil }

    /// Records a change; true if the last scrape was so long ago that what is cached can be dropped.
    mutating func markStale(at now: Int64) -> Bool {
        isStale = true
        guard collection != nil, !variants.values.contains(where: { isInUse($0, at: now) }) else { return false }
        collection = nil
        live = nil
        bodies.removeAll()
        variants.removeAll()
        return true
    }

    /// Whether a build has to collect the families; if so, changes from now on need another build.
    ///
    /// - Parameter exposed: Identifies the set of groups that may be exposed now.
    mutating func beginCollection(at now: Int64, exposed: UInt64) -> Bool {
        if let collection, collection.exposed == exposed, !isTooOld(collection, at: now) { return false }
        isStale = false
        return true
    }

    /// What is to do now so that an expected scrape finds its body.
    enum Preparation {
        case nothing
        case build
        /// What was collected is too new to be collected again, and will be too old for the scrape.
        case wait(until: Int64)
    }

    func preparation(of variant: Variant, for expected: Int64, at now: Int64, exposed: UInt64) -> Preparation {
        guard let collection, collection.exposed == exposed else { return .build }
        if isStale {
            let tooOld = collection.collectedAt + Self.collectionInterval
            if tooOld <= now { return .build }
            if tooOld <= expected { return .wait(until: tooOld) }
        }
        if case .made = variants[variant]?.section { return .nothing }
        return .build
    }

    /// The variants that were requested within ten minutes.
    func variantsInUse(at now: Int64) -> Set<Variant> {
        Set(variants.filter { isInUse($0.value, at: now) }.keys)
    }

    private func isInUse(_ variant: RequestedVariant, at now: Int64) -> Bool {
        variant.lastUsed >= now - Self.variantLifetime
    }

    /// Replaces all sections by those of newly collected families; nil is one that could not be compressed.
    mutating func replace(
        _ sections: [Variant: StaticSection?], claimedNames: Set<String>, exposed: UInt64, collectedAt: Int64
    ) {
        collection = LastCollection(collectedAt: collectedAt, exposed: exposed, claimedNames: claimedNames)
        live = nil
        bodies.removeAll()
        variants = variants.filter { isInUse($0.value, at: collectedAt) }
            .mapValues { RequestedVariant(lastUsed: $0.lastUsed) }
        add(sections)
    }

    /// Adds further variants of the same families.
    mutating func add(_ sections: [Variant: StaticSection?]) {
        guard let collection else { return }
        for (variant, section) in sections {
            variants[variant, default: RequestedVariant(lastUsed: collection.collectedAt)].section = Section(section)
        }
    }

    /// Changes within a second share one collection.
    private func isTooOld(_ collection: LastCollection, at now: Int64) -> Bool {
        isStale && now - collection.collectedAt >= Self.collectionInterval
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
