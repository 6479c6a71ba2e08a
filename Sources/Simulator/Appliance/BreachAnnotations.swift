import FoundationEssentials
import Locking

/// Acknowledgements and comments that clients made with POST requests; not kept across restarts.
final class BreachAnnotations: Sendable {
    /// A comment on a breach.
    struct Comment: Sendable {
        var id: Int64
        var message: String
        /// In the appliance's clock, in milliseconds since 1970.
        var time: Int64

        var json: JSON {
            [
                "pbid": .integer(id), "message": .text(message), "username": "api", "time": .integer(time),
                "incident_id": .null,
            ]
        }
    }

    private struct State {
        /// World time of the acknowledgement by id; nil where it was withdrawn.
        var acknowledgements: [Int64: Int64?] = [:]
        var comments: [Comment] = []
    }
    private let state = Locked(State())

    /// Acknowledges a breach, or withdraws the acknowledgement if `now` is nil.
    func acknowledge(_ id: Int64, at now: Int64?) { state.withLock { $0.acknowledgements[id] = .some(now) } }

    /// World time since which a breach is acknowledged, as seen at `now`; nil if it is open.
    func acknowledged(_ breach: Breach, at now: Int64) -> Int64? {
        let changed = state.withLock { $0.acknowledgements[breach.id] }
        let time = changed ?? ((breach.reopened ?? .max) <= now ? nil : breach.acknowledged)
        return time.flatMap { $0 <= now ? $0 : nil }
    }

    /// Whether a breach has ever been acknowledged, also if it was opened again; what clients did counts only while it
    /// is in force.
    func wasAcknowledged(_ breach: Breach, at now: Int64) -> Bool {
        acknowledged(breach, at: now) != nil || (breach.acknowledged ?? .max) <= now
    }

    func comment(_ id: Int64, message: String, at time: Int64) {
        state.withLock { $0.comments.append(Comment(id: id, message: message, time: time)) }
    }

    /// The comments on a breach, oldest first.
    func comments(of id: Int64) -> [Comment] { state.withLock { $0.comments.filter { $0.id == id } } }

    /// All comments, oldest first.
    var comments: [Comment] { state.withLock { $0.comments } }
}

/// The fields of a form or of a flat JSON object, as text.
struct RequestBody {
    private let fields: [String: String]

    init(_ bytes: [UInt8], type: String) {
        let text = String(decoding: bytes, as: UTF8.self)
        guard type.hasPrefix("application/json") else {
            let items = QueryItems(text)
            fields = Dictionary(items.names.map { ($0, items[$0] ?? "") }, uniquingKeysWith: { first, _ in first })
            return
        }
        let object = try? JSONDecoder().decode([String: Scalar].self, from: Data(bytes))
        fields = (object ?? [:]).mapValues(\.text)
    }

    subscript(_ name: String) -> String? { fields[name] }

    private struct Scalar: Decodable {
        let text: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let flag = try? container.decode(Bool.self) {
                text = flag ? "true" : "false"
            } else if let number = try? container.decode(Double.self) {
                text = JSON.number(number).text
            } else {
                text = try container.decode(String.self)
            }
        }
    }
}
