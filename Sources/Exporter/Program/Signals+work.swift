extension Signals {
    /// Does work that ends by itself, and cancels it when a signal asks to stop; SIGHUP is passed over.
    ///
    /// - Throws: `Stopped` after a signal, or what the work throws.
    func cancelOnSignal<Value: Sendable>(
        _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await work() }
            group.addTask { [requests] in
                for await request in requests where request == .stop { break }
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let value = first else { throw InterruptedBySignal() }
            return value
        }
    }
}

/// A signal came before the work was done.
struct InterruptedBySignal: Error, CustomStringConvertible {
    var description: String { "stopped by a signal before everything was asked" }
}
