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
    /// The families at one instant; it must see each commit whole.
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
    /// The names of the families that a group had last, each once, by the group's index.
    private var familyNames: [[String]] = []
    private var scoped: [Variant: (changes: [UInt64], section: StaticSection)] = [:]
    private var compressor: Compressor?
    private var kept: Set<Variant> = []
    private(set) var work = RenderingWork()

    /// A plain body is sent in pieces of at least this size: over TLS each of them is a system call.
    static let pieceBytes = 256 * 1024

    init(withCreated: Bool) { self.withCreated = withCreated }

    /// Collects the groups that changed.
    mutating func update(_ current: [MetricGroup]) {
        let current = current.sorted { $0.name < $1.name }
        if current.map(\.name) != groups {
            // After a reload the ranges of groups differ: everything is rendered again.
            groups = current.map(\.name)
            revisions = Array(repeating: nil, count: groups.count)
            changes = Array(repeating: 0, count: groups.count)
            familyNames = Array(repeating: [], count: groups.count)
            scoped.removeAll()
            families.removeAll()
            order.removeAll()
        }
        var changed = false
        for (index, group) in current.enumerated() {
            if let revision = group.revision, revisions[index] == revision { continue }
            revisions[index] = group.revision
            collect(group.families(), ofGroup: index)
            changed = true
        }
        guard changed else { return }
        for name in Array(families.keys) { families[name]?.cutIfNeeded() }
        if families.count != order.count { sortFamilies() }
    }

    /// The body before the live section, rendered as far as it is not cached.
    mutating func section(_ variant: Variant) throws(GzipError) -> StaticSection {
        if case .appliances(let names) = variant.scope { return try section(variant, of: names) }
        switch variant.coding {
        case .identity:
            var texts: [SharedBuffer] = []
            for name in order {
                texts += families[name]?.texts(variant.syntax, withCreated: withCreated, &work) ?? []
            }
            return .plain(texts.joined(toAtLeast: Self.pieceBytes))
        case .gzip:
            let compressor = try preparedCompressor()
            var pieces: [DeflatedPiece] = []
            for name in order {
                pieces +=
                    try families[name]?.deflated(
                        variant.syntax, withCreated: withCreated, compressor, &work) ?? []
            }
            let prefix = GzipPrefix(pieces)
            return .compressed(SharedBuffer(prefix.bytes), prefix)
        }
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
            let prefix = GzipPrefix([try preparedCompressor().compress(text)])
            work.deflatedBytes += text.count
            section = .compressed(SharedBuffer(prefix.bytes), prefix)
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
        compressor = nil
    }

    private mutating func preparedCompressor() throws(GzipError) -> Compressor {
        if let compressor { return compressor }
        let new = try Compressor()
        compressor = new
        return new
    }

    private mutating func collect(_ collected: [MetricFamily], ofGroup index: Int) {
        let names = collected.map(\.descriptor.name)
        // Nearly always a group has the families of last time, and nothing has to be merged or removed.
        let isKnown = names == familyNames[index] && collected.allSatisfy(\.isSorted)
        let current = isKnown ? collected : collected.merged()
        for family in current {
            let descriptor = family.descriptor
            let isChanged = families[descriptor.name, default: ChunkedFamily(descriptor, groupCount: groups.count)]
                .set(family, ofGroup: index)
            if isChanged { changes[index] += 1 }
        }
        guard !isKnown else { return }
        for name in Set(familyNames[index]).subtracting(names) where families[name]?.set([], ofGroup: index) == true {
            changes[index] += 1
        }
        familyNames[index] = current.count == collected.count ? names : current.map(\.descriptor.name)
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

extension [SharedBuffer] {
    /// The same bytes in pieces of at least this size but for the last one; a buffer that is large enough is not copied.
    fileprivate func joined(toAtLeast size: Int) -> [SharedBuffer] {
        var pieces: [SharedBuffer] = []
        var start = 0
        var bytes = 0
        for (index, buffer) in enumerated() {
            bytes += buffer.bytes.count
            guard bytes >= size || index == count - 1 else { continue }
            if start == index {
                pieces.append(buffer)
            } else {
                var piece: [UInt8] = []
                piece.reserveCapacity(bytes)
                for part in self[start...index] { piece += part.bytes }
                pieces.append(SharedBuffer(piece))
            }
            (start, bytes) = (index + 1, 0)
        }
        return pieces
    }
}

/// The rendered body before the live section.
enum StaticSection: Sendable {
    case plain([SharedBuffer])
    case compressed(SharedBuffer, GzipPrefix)

    /// A complete body; large bodies share the bytes before the live section.
    func body(endingWith liveSection: [UInt8]) -> SharedBody {
        switch self {
        case .plain(let pieces): SharedBody(pieces + [SharedBuffer(liveSection)])
        case .compressed(let bytes, let part): SharedBody([bytes, SharedBuffer(part.ending(with: liveSection))])
        }
    }
}
