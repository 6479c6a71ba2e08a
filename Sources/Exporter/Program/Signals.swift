@unsafe @preconcurrency import Dispatch
import Glibc
import Locking

/// What the operator or the service manager asks of the running process.
package enum SignalRequest: Sendable, Equatable {
    /// SIGTERM or SIGINT.
    case stop
    /// SIGHUP.
    case reload
}

/// The signals of the process as values, from when this is made.
package final class Signals: Sendable {
    /// What was asked for and not yet told, for one reader: a stop before a reload, and many reloads as one.
    package let requests: AsyncStream<SignalRequest>
    private let sources: [any DispatchSourceSignal]

    /// Takes SIGTERM, SIGINT and SIGHUP over, and ignores SIGPIPE: a scraper that hangs up is no reason to end.
    package init() {
        let asked = Locked<Set<SignalRequest>>([])
        let (bell, ringer) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        requests = AsyncStream {
            for await _ in bell {
                let next = asked.withLock { asked in asked.contains(.stop) ? .stop : asked.remove(.reload) }
                if let next { return next }
            }
            return nil
        }
        signal(SIGPIPE, SIG_IGN)
        let queue = DispatchQueue(label: "signals")
        sources = [(SIGTERM, SignalRequest.stop), (SIGINT, .stop), (SIGHUP, .reload)].map { number, request in
            // The dispatch source sees a signal only if its default action is off.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                asked.withLock { _ = $0.insert(request) }
                ringer.yield()
            }
            source.activate()
            return source
        }
    }

    deinit { for source in sources { source.cancel() } }

    /// Lets SIGTERM and SIGINT end the process at once from now on: before a write that may wait for its reader for ever.
    package func restoreDefaultHandlers() {
        for number in [SIGTERM, SIGINT] { signal(number, SIG_DFL) }
    }
}
