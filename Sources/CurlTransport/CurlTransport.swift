package import Darktrace
import Synchronization

/// The network over libcurl: requests to one appliance, on a loop that many appliances share.
package struct CurlTransport: Transport {
    private let line: PooledHandle
    private let endpoint: Endpoint

    /// - Parameter loop: It runs as long as a transport uses it.
    package init(loop: CurlLoop, endpoint: Endpoint) {
        line = PooledHandle(loop: loop)
        self.endpoint = endpoint
    }

    package func send(_ request: OutgoingRequest, to receiver: any ResponseSink) async -> TransportResult {
        let ticket = CancellationToken()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let job = PendingTransfer(
                    ticket: ticket, line: line.handleID, endpoint: endpoint, request: request, receiver: receiver,
                    continuation: continuation)
                line.loop.post(.start(job))
            }
        } onCancel: {
            ticket.isCancelled.store(true, ordering: .releasing)
            line.loop.post(.cancel(ticket))
        }
    }
}

/// What belongs to one transport on the loop: when the last copy of the transport goes, so does its handle.
private final class PooledHandle: Sendable {
    let loop: CurlLoop
    let handleID: Int

    private static let last = Atomic(0)

    init(loop: CurlLoop) {
        self.loop = loop
        handleID = Self.last.add(1, ordering: .relaxed).newValue
    }

    deinit { loop.post(.forget(line: handleID)) }
}

/// Names one exchange, and carries its cancellation even if that comes before its start.
final class CancellationToken: Sendable {
    let isCancelled = Atomic(false)
}

/// One exchange to do.
struct PendingTransfer: Sendable {
    let ticket: CancellationToken
    /// The transport that it comes from.
    let line: Int
    let endpoint: Endpoint
    let request: OutgoingRequest
    let receiver: any ResponseSink
    let continuation: CheckedContinuation<TransportResult, Never>
}
