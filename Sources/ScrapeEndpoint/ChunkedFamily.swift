import Gzip
import HTTPServer
import Metrics

/// One family of all groups, rendered in chunks of about 32 KB of text, each for a range of groups.
///
/// A chunk is rendered and compressed again only if a group of its range changed the family. Smaller chunks compress
/// worse (by a fifth at 32 KB, by nine tenths at 4 KB), larger ones are changed more often.
struct ChunkedFamily: Sendable {
    let descriptor: Descriptor
    /// The tables of each group, by the group's index.
    private var cells: [[SeriesTable]]
    private var sizes: [Int]
    private var chunks: [Chunk] = []
    /// The size for which the chunks were cut.
    private var cutSize = 0
    private var groupsPerChunk = 1
    private var groupsWithSamples = 0

    static let targetBytes = 32 * 1024

    private struct Chunk: Sendable {
        let groups: Range<Int>
        var texts = PerFormat<SharedBuffer>()
        var deflated = PerFormat<DeflatedPiece>()
    }

    /// A value for each format, or none. There are hundreds of chunks, and every scrape looks at each.
    private struct PerFormat<Value: Sendable>: Sendable {
        private var text: Value?
        private var openMetrics: Value?

        subscript(format: TextFormat) -> Value? {
            get {
                switch format {
                case .text: text
                case .openMetrics: openMetrics
                }
            }
            set {
                switch format {
                case .text: text = newValue
                case .openMetrics: openMetrics = newValue
                }
            }
        }

        /// Forgets the value of each format that is in no variant with this coding.
        mutating func keep(_ variants: Set<Variant>, _ coding: ContentCoding) {
            for format in TextFormat.allCases
            where !variants.contains(Variant(syntax: format, coding: coding)) { self[format] = nil }
        }
    }

    init(_ descriptor: Descriptor, groupCount: Int) {
        self.descriptor = descriptor
        cells = Array(repeating: [], count: groupCount)
        sizes = Array(repeating: 0, count: groupCount)
        cut()
    }

    /// Replaces the tables of a group by those of a family of the same name; one with another type or other label names
    /// is ignored.
    ///
    /// - Returns: False if they are equal, which changes nothing.
    mutating func set(_ family: MetricFamily, ofGroup index: Int) -> Bool {
        guard descriptor.kind == family.descriptor.kind, descriptor.labelNames == family.descriptor.labelNames else {
            return false
        }
        return set(family.tables, ofGroup: index)
    }

    /// Replaces the tables of a group; false if they are equal, which changes nothing.
    mutating func set(_ tables: [SeriesTable], ofGroup index: Int) -> Bool {
        guard cells[index] != tables else { return false }
        let hadSamples = groupsWithSamples > 0
        groupsWithSamples += hasSamples(tables) ? 1 : 0
        groupsWithSamples -= hasSamples(cells[index]) ? 1 : 0
        cells[index] = tables
        sizes[index] = tables.reduce(0) { $0 + $1.approximateBytes + descriptor.name.utf8.count * $1.count }
        // The first chunk has the metadata, which a family without samples must not have.
        if hadSamples != (groupsWithSamples > 0) { forget(0) }
        forget(index / groupsPerChunk)
        return true
    }

    /// Appends the family with the series of some groups only, if they have samples.
    func append(groups: [Int], as syntax: TextFormat, withCreated: Bool, to bytes: inout [UInt8]) {
        guard groups.contains(where: { hasSamples(cells[$0]) }) else { return }
        let writer = FamilyWriter(descriptor, as: syntax, withCreated: withCreated)
        writer.writeMetadata(to: &bytes)
        for group in groups { write(group, with: writer, to: &bytes) }
    }

    private func write(_ group: Int, with writer: FamilyWriter, to bytes: inout [UInt8]) {
        for table in cells[group] { writer.write(table, to: &bytes) }
    }

    /// Cuts new chunks if the family has grown or shrunk a lot; a stable cut keeps unchanged chunks.
    mutating func cutIfNeeded() {
        let size = sizes.reduce(0, +)
        if max(size, Self.targetBytes) > 2 * cutSize || cutSize > 2 * max(size, Self.targetBytes) { cut() }
    }

    /// The places of the chunks that have to be rendered for this format and coding.
    func missing(_ syntax: TextFormat, _ coding: ContentCoding) -> [Int] {
        chunks.indices.filter { place in
            switch coding {
            case .identity: chunks[place].texts[syntax] == nil
            case .gzip: chunks[place].deflated[syntax] == nil
            }
        }
    }

    /// The text of a chunk, if it is kept.
    func text(_ place: Int, _ syntax: TextFormat) -> SharedBuffer? { chunks[place].texts[syntax] }

    mutating func keep(_ text: SharedBuffer, _ place: Int, _ syntax: TextFormat) { chunks[place].texts[syntax] = text }

    /// Keeps a compressed chunk; its text is not kept.
    mutating func keep(_ piece: DeflatedPiece, _ place: Int, _ syntax: TextFormat) {
        chunks[place].deflated[syntax] = piece
    }

    /// The texts of all chunks that are not empty, as far as they are kept.
    func texts(_ syntax: TextFormat) -> [SharedBuffer] {
        chunks.compactMap { $0.texts[syntax] }.filter { !$0.bytes.isEmpty }
    }

    /// The compressed chunks, as far as they are kept.
    func deflated(_ syntax: TextFormat) -> [DeflatedPiece] { chunks.compactMap { $0.deflated[syntax] } }

    /// Forgets what variants other than these need.
    mutating func keep(_ variants: Set<Variant>) {
        for place in chunks.indices {
            chunks[place].texts.keep(variants, .identity)
            chunks[place].deflated.keep(variants, .gzip)
        }
    }

    private func hasSamples(_ tables: [SeriesTable]) -> Bool { tables.contains(where: descriptor.hasSamples) }

    private mutating func forget(_ place: Int) {
        chunks[place].texts = PerFormat()
        chunks[place].deflated = PerFormat()
    }

    private mutating func cut() {
        let size = sizes.reduce(0, +)
        cutSize = max(size, Self.targetBytes)
        let bytesPerGroup = max(1, size / max(cells.count, 1))
        groupsPerChunk = max(1, Self.targetBytes / bytesPerGroup)
        chunks = stride(from: 0, to: max(cells.count, 1), by: groupsPerChunk).map { start in
            Chunk(groups: start..<max(min(start + groupsPerChunk, cells.count), start))
        }
    }

    /// The text of a chunk, made from its tables.
    func render(_ place: Int, _ syntax: TextFormat, withCreated: Bool) -> [UInt8] {
        guard groupsWithSamples > 0 else { return [] }
        let groups = chunks[place].groups
        let writer = FamilyWriter(descriptor, as: syntax, withCreated: withCreated)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(groups.reduce(512) { $0 + sizes[$1] })
        if place == 0 { writer.writeMetadata(to: &bytes) }
        for group in groups { write(group, with: writer, to: &bytes) }
        return bytes
    }
}

/// How much was rendered and compressed so far: a measure of cost that does not depend on the machine.
struct RenderingWork: Equatable, Sendable {
    var renderedBytes = 0
    var deflatedBytes = 0

    mutating func add(_ other: RenderingWork) {
        renderedBytes += other.renderedBytes
        deflatedBytes += other.deflatedBytes
    }
}
