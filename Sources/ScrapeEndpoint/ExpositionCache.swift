import Gzip
import HTTPServer
package import Metrics

/// Families that change together: those of one appliance, or those of the exporter itself.
package struct MetricGroup: Sendable {
    /// Sorts the series of one family: the appliance's name, or empty for the exporter itself.
    package let name: String
    /// A number for each part that the families come from. Equal revisions of a group promise equal families; nil
    /// promises nothing.
    package let revision: [UInt64]?
    /// The families at one instant; it must see each commit whole. Those of other groups are collected on other threads
    /// at the same time.
    package let families: @Sendable () -> [MetricFamily]

    package init(_ name: String, revision: [UInt64]? = nil, families: @escaping @Sendable () -> [MetricFamily]) {
        self.name = name
        self.revision = revision
        self.families = families
    }
}

/// The families of all groups, rendered as far as scrapes asked for them; one thread at a time uses it.
///
/// `update` collects only the groups whose revision changed, and compares: what did not change stays rendered.
struct ExpositionCache {
    private let withCreated: Bool
    private var groups: [String] = []
    private var revisions: [[UInt64]?] = []
    private var families: [String: ChunkedFamily] = [:]
    /// The names of the families in the order of the body, without those whose names clash.
    private var order: [String] = []
    /// All names of samples and metadata of these families.
    private(set) var claimedNames: Set<String> = []
    /// Increases when a family of the group changes, by the group's index.
    private var changes: [UInt64] = []
    /// The names of the families that each group had last.
    private var familyNames: [FamilyNames] = []
    private var scoped: [Variant: (changes: [UInt64], section: StaticSection)] = [:]
    private let workers: BuildWorkers
    private var kept: Set<Variant> = []
    private(set) var work = RenderingWork()

    init(withCreated: Bool, workers: BuildWorkers = BuildWorkers()) {
        self.withCreated = withCreated
        self.workers = workers
    }

    /// Collects the groups that changed.
    mutating func update(_ current: [MetricGroup]) {
        let current = current.sorted { $0.name < $1.name }
        if current.map(\.name) != groups {
            // After a reload the ranges of groups differ: everything is rendered again.
            groups = current.map(\.name)
            revisions = Array(repeating: nil, count: groups.count)
            changes = Array(repeating: 0, count: groups.count)
            familyNames = Array(repeating: FamilyNames(), count: groups.count)
            scoped.removeAll()
            families.removeAll()
            order.removeAll()
        }
        let changed = current.indices.filter { current[$0].revision == nil || current[$0].revision != revisions[$0] }
        guard !changed.isEmpty else { return }
        let collected = workers.map(changed) { [families, familyNames] index, _ in
            CollectedGroup(current[index].families(), index: index, known: familyNames[index], in: families)
        }
        for group in collected {
            revisions[group.index] = current[group.index].revision
            apply(group)
        }
        for name in Array(families.keys) { families[name]?.cutIfNeeded() }
        if families.count != order.count { sortFamilies() }
    }

    /// The body before the live section, rendered as far as it is not cached.
    mutating func section(_ variant: Variant) throws(GzipError) -> StaticSection {
        if case .appliances(let names) = variant.scope { return try section(variant, of: names) }
        try renderMissingChunks(variant)
        switch variant.coding {
        case .identity: return .plain(pieces(of: variant.syntax))
        case .gzip:
            let prefix = GzipPrefix(order.flatMap { families[$0]?.deflated(variant.syntax) ?? [] })
            var parts = prefix.parts.map { ChunkText($0) }
            return .compressed(parts.inFewPieces(), prefix)
        }
    }

    /// The texts of all chunks in pieces; the chunks share the memory of the pieces.
    private mutating func pieces(of syntax: TextFormat) -> [SharedBuffer] {
        // Taken from the families, so that each text is freed when its piece is made.
        var texts: [ChunkText] = []
        for name in order { texts += families[name]?.takeTexts(syntax) ?? [] }
        let pieces = texts.inFewPieces()
        var rest = texts[...]
        for name in order { families[name]?.returnTexts(syntax, from: &rest) }
        return pieces
    }

    /// Renders the chunks of a variant that are not cached, and compresses them.
    private mutating func renderMissingChunks(_ variant: Variant) throws(GzipError) {
        let (syntax, coding) = (variant.syntax, variant.coding)
        let missing = order.flatMap { name in
            (families[name]?.missing(syntax, coding) ?? []).map { (family: name, place: $0) }
        }
        let bytes = missing.reduce(0) { $0 + (families[$1.family]?.approximateBytes($1.place) ?? 0) }
        let made = workers.map(missing, bytes: bytes) { [families, withCreated] chunk, worker in
            var made = MadeChunk()
            guard let family = families[chunk.family] else { return made }
            let known = family.text(chunk.place, syntax)
            let text = known ?? ChunkText(family.render(chunk.place, syntax, withCreated: withCreated))
            if known == nil { made.work.renderedBytes = text.bytes.count }
            switch coding {
            case .identity: made.text = text.withoutSpareCapacity
            case .gzip:
                made.piece = Result { () throws(GzipError) in try worker.compress(text.bytes) }
                made.work.deflatedBytes = text.bytes.count
            }
            return made
        }
        for (chunk, made) in zip(missing, made) {
            work.add(made.work)
            if let text = made.text { families[chunk.family]?.keep(text, chunk.place, syntax) }
            if let piece = made.piece { families[chunk.family]?.keep(try piece.get(), chunk.place, syntax) }
        }
    }

    /// A chunk in the coding of a variant.
    private struct MadeChunk: Sendable {
        var text: ChunkText?
        var piece: Result<DeflatedPiece, GzipError>?
        var work = RenderingWork()
    }

    /// The section of some groups, rendered again when one of them has changed.
    private mutating func section(_ variant: Variant, of names: [String]) throws(GzipError) -> StaticSection {
        let members = groups.indices.filter { names.contains(groups[$0]) }
        let stamp = members.map { changes[$0] }
        if let known = scoped[variant], known.changes == stamp { return known.section }
        var text: [UInt8] = []
        for name in order {
            families[name]?.append(groups: members, as: variant.syntax, withCreated: withCreated, to: &text)
        }
        work.renderedBytes += text.count
        let section: StaticSection
        switch variant.coding {
        case .identity: section = .plain([SharedBuffer(text)])
        case .gzip:
            let prefix = GzipPrefix([try workers.first.compress(text[...])])
            work.deflatedBytes += text.count
            section = .compressed(prefix.parts.map(SharedBuffer.init), prefix)
        }
        // Each appliance may be a target in every format; combinations of appliances must not fill the memory.
        if scoped.count >= 4 * groups.count { scoped.removeAll() }
        scoped[variant] = (stamp, section)
        return section
    }

    /// Forgets what variants other than these need.
    mutating func keep(_ variants: Set<Variant>) {
        guard variants != kept else { return }
        kept = variants
        scoped = scoped.filter { variants.contains($0.key) }
        for name in Array(families.keys) { families[name]?.keep(variants) }
    }

    /// Forgets everything.
    mutating func removeAll() {
        groups.removeAll()
        revisions.removeAll()
        changes.removeAll()
        familyNames.removeAll()
        scoped.removeAll()
        families.removeAll()
        order.removeAll()
        workers.removeCompressors()
    }

    private mutating func apply(_ group: CollectedGroup) {
        for change in group.changes {
            let descriptor = change.descriptor
            families[descriptor.name, default: ChunkedFamily(descriptor, groupCount: groups.count)]
                .set(change.cell, of: descriptor, ofGroup: group.index)
        }
        if !group.changes.isEmpty { changes[group.index] += 1 }
        if let names = group.newNames { familyNames[group.index] = names }
    }

    /// Two families may not share a name of a sample in either format; the first by name stays.
    private mutating func sortFamilies() {
        claimedNames.removeAll()
        order = families.keys.sorted().filter { name in
            let names = families[name]?.descriptor.claimedNames ?? []
            guard claimedNames.isDisjoint(with: names) else { return false }
            claimedNames.formUnion(names)
            return true
        }
    }
}

/// What a group has now, as far as it differs from what is cached.
private struct CollectedGroup: Sendable {
    let index: Int
    private(set) var changes: [(descriptor: Descriptor, cell: ChunkedFamily.Cell)] = []
    /// The names of its families, unless they are as before.
    private(set) var newNames: FamilyNames?

    /// - Parameters:
    ///   - known: The names of the families that the group had last.
    ///   - cached: All families as they are cached.
    init(_ collected: [MetricFamily], index: Int, known: FamilyNames, in cached: [String: ChunkedFamily]) {
        self.index = index
        let names = collected.map(\.descriptor.name)
        let isKnown = names == known.names
        let current = isKnown ? known : FamilyNames(names)
        for family in current.merged(collected)
        where cached[family.descriptor.name]?.isChanged(by: family, ofGroup: index) ?? true {
            changes.append((family.descriptor, ChunkedFamily.Cell(family)))
        }
        guard !isKnown else { return }
        newNames = current
        for name in Set(known.names).subtracting(names) {
            guard let family = cached[name], family.hasSeries(ofGroup: index) else { continue }
            changes.append((family.descriptor, .empty))
        }
    }
}

/// The names of the families of a group as they are collected, which nearly always are those of last time.
private struct FamilyNames: Sendable {
    let names: [String]
    /// Whether no other family has the name.
    private let isUnique: [Bool]

    init(_ names: [String] = []) {
        self.names = names
        let counts = names.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        isUnique = names.map { counts[$0] == 1 }
    }

    /// Families with these names, each name once, with sorted series; the few that need it are merged.
    func merged(_ families: [MetricFamily]) -> [MetricFamily] {
        var merged: [MetricFamily] = []
        merged.reserveCapacity(families.count)
        var unfinished: [MetricFamily] = []
        for (place, family) in families.enumerated() {
            if isUnique[place], family.isSorted { merged.append(family) } else { unfinished.append(family) }
        }
        return merged + unfinished.merged()
    }
}

extension [ChunkText] {
    /// The same bytes in few pieces, unless they are so few bytes that each body is a copy of them in one piece, with the
    /// live section.
    fileprivate mutating func inFewPieces() -> [SharedBuffer] {
        guard reduce(0, { $0 + $1.bytes.count }) <= SharedBody.joinedCount / 2 else { return joinInPieces() }
        self = map(\.alone)
        return map(\.buffer)
    }
}

/// The rendered body before the live section.
enum StaticSection: Sendable {
    case plain([SharedBuffer])
    case compressed([SharedBuffer], GzipPrefix)

    /// A complete body; large bodies share the bytes before the live section.
    func body(endingWith liveSection: [UInt8]) -> SharedBody {
        switch self {
        case .plain(let pieces): SharedBody(pieces + [SharedBuffer(liveSection)])
        case .compressed(let pieces, let prefix):
            SharedBody(pieces + [SharedBuffer(prefix.ending(with: liveSection))])
        }
    }
}
