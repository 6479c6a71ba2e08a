import Gzip
import HTTPServer
import Metrics

/// One family of all groups, rendered in chunks of about 32 KB of text, each for a range of groups.
///
/// A chunk is rendered and compressed again only if a group of its range changed the family. Smaller chunks compress
/// worse (by a fifth at 32 KB, by nine tenths at 4 KB), larger ones are changed more often.
struct ChunkedFamily {
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

    private struct Chunk {
        let groups: Range<Int>
        var texts = PerFormat<SharedBuffer>()
        var deflated = PerFormat<DeflatedPiece>()
    }

    /// A value for each format, or none. There are hundreds of chunks, and every scrape looks at each.
    private struct PerFormat<Value> {
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

    /// The texts of all chunks that are not empty, rendered as far as they are not cached.
    mutating func texts(_ syntax: TextFormat, withCreated: Bool, _ work: inout RenderingWork) -> [SharedBuffer] {
        chunks.indices.compactMap { place in
            if let text = chunks[place].texts[syntax] { return text.bytes.isEmpty ? nil : text }
            let text = SharedBuffer(render(place, syntax, withCreated: withCreated, &work))
            chunks[place].texts[syntax] = text
            return text.bytes.isEmpty ? nil : text
        }
    }

    /// The compressed chunks; their texts are not kept.
    mutating func deflated(
        _ syntax: TextFormat, withCreated: Bool, _ compressor: Compressor, _ work: inout RenderingWork
    ) throws(GzipError) -> [DeflatedPiece] {
        var pieces: [DeflatedPiece] = []
        pieces.reserveCapacity(chunks.count)
        for place in chunks.indices {
            if let piece = chunks[place].deflated[syntax] {
                pieces.append(piece)
                continue
            }
            let text =
                chunks[place].texts[syntax]?.bytes ?? render(place, syntax, withCreated: withCreated, &work)
            let piece = try compressor.compress(text)
            work.deflatedBytes += text.count
            chunks[place].deflated[syntax] = piece
            pieces.append(piece)
        }
        return pieces
    }

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

    private func render(
        _ place: Int, _ syntax: TextFormat, withCreated: Bool, _ work: inout RenderingWork
    ) -> [UInt8] {
        guard groupsWithSamples > 0 else { return [] }
        let groups = chunks[place].groups
        let writer = FamilyWriter(descriptor, as: syntax, withCreated: withCreated)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(groups.reduce(512) { $0 + sizes[$1] })
        if place == 0 { writer.writeMetadata(to: &bytes) }
        for group in groups { write(group, with: writer, to: &bytes) }
        work.renderedBytes += bytes.count
        return bytes
    }
}

/// How much was rendered and compressed so far: a measure of cost that does not depend on the machine.
struct RenderingWork: Equatable {
    var renderedBytes = 0
    var deflatedBytes = 0
}
