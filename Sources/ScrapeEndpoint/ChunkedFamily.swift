import Gzip
import Metrics

/// One family of all groups, rendered in chunks, each for a range of groups.
///
/// A chunk is rendered and compressed again only if a group of its range changed the family. Each chunk adds some bytes
/// to a compressed body, and what is rendered in vain is about one chunk of each family that changes. For a given
/// number of chunks the least is rendered in vain if the chunks of a family grow with the square root of its size.
struct ChunkedFamily: Sendable {
    let descriptor: Descriptor
    /// What each group has of the family, by the group's index.
    private var cells: [Cell]
    private var chunks: [Chunk] = []
    /// The size for which the chunks were cut.
    private var cutSize = 0
    private var groupsPerChunk = 1
    private var groupsWithSamples = 0

    /// The size of the chunks of a family of this size, both in bytes of text: 5 KB for one of 10 KB, 45 KB for one of
    /// 1 MB.
    static func chunkBytes(ofFamilyWith bytes: Int) -> Int {
        max(5 * 1024, Int(45 * Double(bytes).squareRoot()))
    }

    /// What one group has of a family.
    struct Cell: Sendable {
        let tables: [SeriesTable]
        /// About how many bytes it takes in a body.
        let bytes: Int
        let hasSamples: Bool

        static let empty = Cell(tables: [], bytes: 0, hasSamples: false)
    }

    private struct Chunk: Sendable {
        let groups: Range<Int>
        var texts = PerFormat<ChunkText>()
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
        cells = Array(repeating: .empty, count: groupCount)
        cut()
    }

    /// Whether a family of the same name has other series than a group has so far. A family with another type or other
    /// label names is ignored, and changes nothing.
    func isChanged(by family: MetricFamily, ofGroup index: Int) -> Bool {
        cells[index].tables != family.tables && accepts(family.descriptor)
    }

    /// Whether a group has series.
    func hasSeries(ofGroup index: Int) -> Bool { !cells[index].tables.isEmpty }

    /// Replaces what a group has of the family.
    ///
    /// - Parameter descriptor: That of the new part, which is ignored if it has another type or other label names.
    mutating func set(_ cell: Cell, of descriptor: Descriptor, ofGroup index: Int) {
        guard accepts(descriptor) else { return }
        let hadSamples = groupsWithSamples > 0
        groupsWithSamples += cell.hasSamples ? 1 : 0
        groupsWithSamples -= cells[index].hasSamples ? 1 : 0
        cells[index] = cell
        // The first chunk has the metadata, which a family without samples must not have.
        if hadSamples != (groupsWithSamples > 0) { forget(0) }
        forget(index / groupsPerChunk)
    }

    /// Appends the family with the series of some groups only, if they have samples.
    func append(groups: [Int], as syntax: TextFormat, withCreated: Bool, to bytes: inout [UInt8]) {
        guard groups.contains(where: { cells[$0].hasSamples }) else { return }
        let writer = FamilyWriter(descriptor, as: syntax, withCreated: withCreated)
        writer.writeMetadata(to: &bytes)
        for group in groups { write(group, with: writer, to: &bytes) }
    }

    private func write(_ group: Int, with writer: FamilyWriter, to bytes: inout [UInt8]) {
        for table in cells[group].tables { writer.write(table, to: &bytes) }
    }

    /// Cuts new chunks if the family has grown or shrunk a lot; a stable cut keeps unchanged chunks.
    mutating func cutIfNeeded() {
        let size = familyBytes
        if size > 2 * cutSize || cutSize > 2 * size { cut() }
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
    func text(_ place: Int, _ syntax: TextFormat) -> ChunkText? { chunks[place].texts[syntax] }

    mutating func keep(_ text: ChunkText, _ place: Int, _ syntax: TextFormat) { chunks[place].texts[syntax] = text }

    /// Keeps a compressed chunk; its text is not kept.
    mutating func keep(_ piece: DeflatedPiece, _ place: Int, _ syntax: TextFormat) {
        chunks[place].deflated[syntax] = piece
    }

    /// Takes the texts of all chunks away, without empty ones; all must be there, and `returnTexts` brings them back.
    mutating func takeTexts(_ syntax: TextFormat) -> [ChunkText] {
        var taken: [ChunkText] = []
        for place in chunks.indices {
            guard let text = chunks[place].texts[syntax], !text.bytes.isEmpty else { continue }
            taken.append(text)
            chunks[place].texts[syntax] = nil
        }
        return taken
    }

    /// Moves as many texts back as were taken, from the start of these.
    mutating func returnTexts(_ syntax: TextFormat, from texts: inout ArraySlice<ChunkText>) {
        for place in chunks.indices where chunks[place].texts[syntax] == nil {
            chunks[place].texts[syntax] = texts.popFirst()
        }
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

    private func accepts(_ other: Descriptor) -> Bool {
        descriptor.kind == other.kind && descriptor.labelNames == other.labelNames
    }

    private mutating func forget(_ place: Int) {
        chunks[place].texts = PerFormat()
        chunks[place].deflated = PerFormat()
    }

    /// About how many bytes the family takes in a body; those of a small one do not matter.
    private var familyBytes: Int { cells.reduce(0) { $0 + $1.bytes } + 1_024 }

    private mutating func cut() {
        cutSize = familyBytes
        groupsPerChunk = max(1, Self.chunkBytes(ofFamilyWith: cutSize) * cells.count / cutSize)
        chunks = stride(from: 0, to: max(cells.count, 1), by: groupsPerChunk).map { start in
            Chunk(groups: start..<max(min(start + groupsPerChunk, cells.count), start))
        }
    }

    /// About how many bytes of text a chunk is.
    func approximateBytes(_ place: Int) -> Int { chunks[place].groups.reduce(512) { $0 + cells[$1].bytes } }

    /// The text of a chunk, made from its tables.
    func render(_ place: Int, _ syntax: TextFormat, withCreated: Bool) -> [UInt8] {
        guard groupsWithSamples > 0 else { return [] }
        let groups = chunks[place].groups
        let writer = FamilyWriter(descriptor, as: syntax, withCreated: withCreated)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(approximateBytes(place))
        if place == 0 { writer.writeMetadata(to: &bytes) }
        for group in groups { write(group, with: writer, to: &bytes) }
        return bytes
    }
}

extension ChunkedFamily.Cell {
    /// The part of one group; its family has no series of other groups.
    init(_ family: MetricFamily) {
        let nameBytes = family.descriptor.name.utf8.count
        self.init(
            tables: family.tables,
            bytes: family.tables.reduce(0) { $0 + $1.approximateBytes + nameBytes * $1.count },
            hasSamples: family.tables.contains(where: family.descriptor.hasSamples))
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
