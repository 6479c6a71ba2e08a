@unsafe @preconcurrency import Dispatch
import Glibc

/// What the operator or the service manager asks of the running process.
package enum SignalRequest: Sendable, Equatable {
    /// SIGTERM or SIGINT.
    case stop
    /// SIGHUP.
    case reload
}

/// The signals of the process as values, from when this is made.
package final class Signals: Sendable {
    /// Each request as it comes; for one reader.
    package let requests: AsyncStream<SignalRequest>
    private let sources: [any DispatchSourceSignal]

    /// Takes SIGTERM, SIGINT and SIGHUP over, and ignores SIGPIPE: a scraper that hangs up is no reason to end.
    package init() {
        let (stream, continuation) = AsyncStream.makeStream(of: SignalRequest.self)
        requests = stream
        signal(SIGPIPE, SIG_IGN)
        let queue = DispatchQueue(label: "signals")
        sources = [(SIGTERM, SignalRequest.stop), (SIGINT, .stop), (SIGHUP, .reload)].map { number, request in
            // The dispatch source sees a signal only if its default action is off.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { continuation.yield(request) }
            source.activate()
            return source
        }
    }

    deinit { for source in sources { source.cancel() } }

    /// Lets SIGTERM and SIGINT end the process at once from now on: before a write that may wait for its reader for ever.
    package func giveBack() {
        for number in [SIGTERM, SIGINT] { signal(number, SIG_DFL) }
    }
}
