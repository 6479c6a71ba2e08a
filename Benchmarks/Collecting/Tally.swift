import Darktrace
import Locking

/// Counts by model, as a poll's fold begins.
struct Counts: Sendable {
    var records = 0
    var unreadable = 0
    var models: [String: Int] = [:]
}

/// What one answer brought.
final class Tally: Sendable {
    private let state = Locked(Counts())

    var counts: Counts { state.withLock { $0 } }

    func take(_ record: Result<ModelBreach, UnreadableRecord>) -> Bool {
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
