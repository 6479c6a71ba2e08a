import Gzip
import HTTPServer
import Locking
import Metrics

/// All families except those of the live section at one instant, with their rendered variants.
final class Snapshot: Sendable {
    let exposition: Exposition
    private let withCreated: Bool
    let parts = Locked<[Variant: StaticSection]>([:])

    init(_ families: [MetricFamily], withCreated: Bool) {
        exposition = Exposition(families)
        self.withCreated = withCreated
    }

    /// The rendered families, shared by all scrapes until the next snapshot; rendered at the first call.
    func part(_ variant: Variant) throws(GzipError) -> StaticSection {
        try parts.withLock { parts throws(GzipError) in
            if let part = parts[variant] { return part }
            let part = try make(variant)
            parts[variant] = part
            return part
        }
    }

    private func make(_ variant: Variant) throws(GzipError) -> StaticSection {
        let writer = ExpositionWriter(exposition, as: variant.syntax, withCreated: withCreated)
        return switch variant.coding {
        case .identity: StaticSection(plain: writer)
        case .gzip: try StaticSection(compressing: writer)
        }
    }
}

/// The rendered body before the live section.
enum StaticSection: Sendable {
    case plain([SharedBuffer])
    case compressed(SharedBuffer, GzipPrefix)

    /// Renders the text in pieces, so that a growing buffer is never copied.
    init(plain writer: ExpositionWriter) {
        let size = 256 * 1024
        var writer = writer
        var pieces: [SharedBuffer] = []
        var isUnfinished = true
        while isUnfinished {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(size + size / 16)
            isUnfinished = writer.write(to: &bytes, atLeast: size)
            pieces.append(SharedBuffer(isUnfinished ? bytes : Array(bytes[...])))
        }
        self = .plain(pieces)
    }

    /// Compresses the text piece by piece; the plain text is never in memory as a whole.
    init(compressing writer: ExpositionWriter) throws(GzipError) {
        var writer = writer
        var compressor = try Compressor()
        var bytes: [UInt8] = []
        bytes.reserveCapacity(68 * 1024)
        var isUnfinished = true
        while isUnfinished {
            isUnfinished = writer.write(to: &bytes, atLeast: 64 * 1024)
            try compressor.append(bytes)
            bytes.removeAll(keepingCapacity: true)
        }
        let part = try compressor.finish()
        self = .compressed(SharedBuffer(part.bytes), part)
    }

    /// A complete body; the bytes before the live section are shared.
    func body(endingWith liveSection: [UInt8]) -> SharedBody {
        switch self {
        case .plain(let pieces): SharedBody(pieces + [SharedBuffer(liveSection)])
        case .compressed(let bytes, let part): SharedBody([bytes, SharedBuffer(part.ending(with: liveSection))])
        }
    }
}

/// One way a body can look: two versions or escapings that differ in headers only share it.
struct Variant: Hashable, Sendable {
    let syntax: TextFormat
    let coding: ContentCoding
}
