import Darktrace
import Locking

/// Takes the records of one answer in, on the transport's thread.
final class Intake: Sendable {
    private let batch: Locked<BreachBatch>
    private let limit: Int?

    /// - Parameters:
    ///   - limit: With more records than this the answer is given up.
    ///   - lacking: Ids of records that lacked something in the short form.
    init(window: QueryWindow, limit: Int?, lacking: Set<Int64> = []) {
        batch = Locked(BreachBatch(window: window, lacked: lacking))
        self.limit = limit
    }

    /// Takes a record; false when it is one too many.
    func take(_ record: Result<ModelBreach, UnreadableRecord>) -> Bool {
        batch.withLock { batch in
            batch.take(record)
            return batch.received <= limit ?? .max
        }
    }

    /// What came; the intake is empty then.
    func finish() -> BreachBatch {
        batch.withLock { batch in
            let whole = batch
            batch = BreachBatch(window: whole.window)
            return whole
        }
    }
}
