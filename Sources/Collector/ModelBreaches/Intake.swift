import Darktrace
import Locking

/// Takes the records of one answer in, on the transport's thread.
final class Intake: Sendable {
    private let batch: Locked<Batch>
    private let limit: Int?

    /// - Parameter limit: With more records than this the answer is given up.
    init(window: Window, limit: Int?) {
        batch = Locked(Batch(window: window))
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
    func finish() -> Batch {
        batch.withLock { batch in
            let whole = batch
            batch = Batch(window: whole.window)
            return whole
        }
    }
}
