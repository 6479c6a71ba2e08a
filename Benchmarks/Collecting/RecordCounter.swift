import Darktrace
import Locking

/// Counts of records by model.
struct Counts: Sendable {
    var records = 0
    var unreadable = 0
    var models: [String: Int] = [:]
}

/// Counts the records of one response.
final class RecordCounter: Sendable {
    private let state = Locked(Counts())

    var counts: Counts { state.withLock { $0 } }

    func add(_ record: Result<ModelBreach, UnreadableRecord>) -> Bool {
        state.withLock { counts in
            switch record {
            case .success(let breach):
                counts.records += 1
                counts.models[breach.model, default: 0] += 1
            case .failure: counts.unreadable += 1
            }
        }
        return true
    }
}
