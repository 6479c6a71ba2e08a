package import Darktrace
import Synchronization
package import Values

/// `Transport` over libcurl: requests to one appliance, on a loop that many appliances share.
package struct CurlTransport: Transport {
    private let pooled: PooledHandle
    private let endpoint: Endpoint

    /// - Parameter loop: It runs as long as a transport uses it.
    package init(loop: CurlLoop, endpoint: Endpoint) {
        pooled = PooledHandle(loop: loop)
        self.endpoint = endpoint
    }

    package var redaction: Redaction { endpoint.redaction }

    package func send(_ request: OutgoingRequest, to sink: any ResponseSink) async -> TransportResult {
        let token = CancellationToken()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let transfer = PendingTransfer(
                    token: token, handleID: pooled.handleID, endpoint: endpoint, request: request, sink: sink,
                    continuation: continuation)
                pooled.loop.enqueue(.start(transfer))
            }
        } onCancel: {
            token.isCancelled.store(true, ordering: .releasing)
            pooled.loop.enqueue(.cancel(token))
        }
    }
}

/// Names the easy handle of one transport on the loop: when the last copy of the transport goes, so does the handle.
private final class PooledHandle: Sendable {
    let loop: CurlLoop
    let handleID: Int

    private static let last = Atomic(0)

    init(loop: CurlLoop) {
        self.loop = loop
        handleID = Self.last.add(1, ordering: .relaxed).newValue
    }

    deinit { loop.enqueue(.forget(handleID: handleID)) }
}

/// Identifies one transfer, and carries its cancellation even if that precedes its start.
final class CancellationToken: Sendable {
    let isCancelled = Atomic(false)
}

/// One transfer to start.
struct PendingTransfer: Sendable {
    /// The certificate that must be presented, instead of one that a CA vouches for.
    var pin: CertificatePin?
    /// Whether the handshake is repeated with another pin, or without one.
    var isRetry = false
    let token: CancellationToken
    /// The transport that it belongs to.
    let handleID: Int
    let endpoint: Endpoint
    let request: OutgoingRequest
    let sink: any ResponseSink
    let continuation: CheckedContinuation<TransportResult, Never>
}
