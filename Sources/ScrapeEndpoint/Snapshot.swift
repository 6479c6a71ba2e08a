import Gzip
import HTTPServer
import Locking
import Metrics

/// All families but those of the tail at one instant, with the variants of their text that somebody asked for.
final class Snapshot: Sendable {
    let exposition: Exposition
    private let withCreated: Bool
    private let parts = Locked<[Variant: StaticSection]>([:])

    init(_ families: [MetricFamily], withCreated: Bool) {
        exposition = Exposition(families)
        self.withCreated = withCreated
    }

    /// The part of a body that all scrapers share until the next snapshot, made by whoever needs it first.
    func part(_ variant: Variant) throws(GzipError) -> StaticSection {
        try parts.withLock { parts throws(GzipError) in
            if let part = parts[variant] { return part }
            let part = try make(variant)
            parts[variant] = part
            return part
        }
    }

    /// The variants whose part is ready.
    var made: Set<Variant> { parts.withLock { Set($0.keys) } }

    private func make(_ variant: Variant) throws(GzipError) -> StaticSection {
        let rendering = ExpositionWriter(exposition, as: variant.syntax, withCreated: withCreated)
        return switch variant.coding {
        case .identity: StaticSection(plain: rendering)
        case .gzip: try StaticSection(compressing: rendering)
        }
    }
}

/// What stands before the tail.
enum StaticSection: Sendable {
    case plain([SharedBuffer])
    case compressed(SharedBuffer, GzipPrefix)

    /// Holds the text in pieces, so that a large one is never moved to a larger place while it grows.
    init(plain rendering: ExpositionWriter) {
        let size = 256 * 1024
        var rendering = rendering
        var pieces: [SharedBuffer] = []
        var isUnfinished = true
        while isUnfinished {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(size + size / 16)
            isUnfinished = rendering.write(to: &bytes, atLeast: size)
            pieces.append(SharedBuffer(isUnfinished ? bytes : Array(bytes[...])))
        }
        self = .plain(pieces)
    }

    /// Passes the text through a small buffer and never holds it.
    init(compressing rendering: ExpositionWriter) throws(GzipError) {
        var rendering = rendering
        var compressor = try Compressor()
        var bytes: [UInt8] = []
        bytes.reserveCapacity(68 * 1024)
        var isUnfinished = true
        while isUnfinished {
            isUnfinished = rendering.write(to: &bytes, atLeast: 64 * 1024)
            try compressor.append(bytes)
            bytes.removeAll(keepingCapacity: true)
        }
        let part = try compressor.finish()
        self = .compressed(SharedBuffer(part.bytes), part)
    }

    /// A whole body; the bytes before the tail are shared.
    func body(endingWith tail: [UInt8]) -> SharedBody {
        switch self {
        case .plain(let pieces): SharedBody(pieces + [SharedBuffer(tail)])
        case .compressed(let bytes, let part): SharedBody([bytes, SharedBuffer(part.ending(with: tail))])
        }
    }
}
