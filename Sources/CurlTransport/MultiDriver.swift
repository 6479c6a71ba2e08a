import CCurl
import Darktrace
import Synchronization

/// Drives libcurl's multi handle on the thread of the loop.
@safe
final class MultiDriver {
    private let queue: CommandQueue
    private var running: [ObjectIdentifier: Transfer] = [:]
    /// What is kept between the transfers of each transport.
    private var pool: [Int: PoolEntry] = [:]
    private let trust = TrustStores()

    private struct PoolEntry {
        var connections: ConnectionCache?
        /// With what `connections` were verified.
        var tlsFiles: TLSFileContents?
        /// `CERTINFO` is empty on a reused connection, so the last expiry is kept.
        var certificateExpiry: Int64?
        /// The appliance's own certificate is in `ca_file`, and libcurl alone would not accept it.
        var pin: CertificatePin?
    }

    init(_ queue: CommandQueue) { self.queue = queue }

    /// Runs until the queue is closed.
    func run() {
        while let commands = queue.drain() {
            for command in commands { perform(command) }
            var count: Int32 = 0
            unsafe curl_multi_perform(queue.multi, &count)
            finishTransfers()
            // libcurl shortens the time to its own next deadline, and `curl_multi_wakeup` ends it.
            unsafe curl_multi_poll(queue.multi, nil, 0, 3_600_000, nil)
        }
        for transfer in running.values {
            release(transfer)
            transfer.fail(TransportError(.cancelled, "the network loop has ended"))
        }
        running = [:]
    }

    private func perform(_ command: LoopCommand) {
        switch command {
        case .start(let pending): start(pending)
        case .cancel(let token):
            guard let transfer = running.removeValue(forKey: ObjectIdentifier(token)) else { return }
            // With QUICK_EXIT this does not wait for a name that is still being resolved.
            release(transfer)
            transfer.fail(TransportError(.cancelled, "the request was cancelled"))
        case .forget(let handleID): pool[handleID] = nil
        }
    }

    private func start(_ given: PendingTransfer) {
        var pending = given
        func fail(_ error: TransportError) {
            pending.continuation.resume(returning: TransportResult(failure: error))
        }
        guard !pending.token.isCancelled.load(ordering: .acquiring) else {
            return fail(TransportError(.cancelled, "the request was cancelled"))
        }
        var entry = pool.removeValue(forKey: pending.handleID) ?? PoolEntry()
        let tlsFiles = TLSFileContents(pending.endpoint)
        if entry.tlsFiles != tlsFiles {
            entry.connections = nil
            entry.tlsFiles = tlsFiles
        }
        guard let connections = entry.connections ?? ConnectionCache(), let easy = EasyHandle(connections) else {
            return fail(TransportError(.unexpected, "libcurl: out of memory"))
        }
        if !pending.isRetry {
            pending.pin =
                CertificatePin(of: pending.endpoint) ?? entry.pin.flatMap { $0.isIn(pending.endpoint) ? $0 : nil }
        }
        entry.connections = connections
        entry.pin = pending.pin
        pool[pending.handleID] = entry
        do throws(TransportError) {
            let transfer = try Transfer(pending, easy, trust)
            let status = unsafe curl_multi_add_handle(queue.multi, easy.handle)
            guard status == CURLM_OK else {
                throw TransportError(.unexpected, unsafe String(cString: curl_multi_strerror(status)))
            }
            running[ObjectIdentifier(pending.token)] = transfer
        } catch {
            fail(error)
        }
    }

    private func finishTransfers() {
        var left: Int32 = 0
        while let message = unsafe curl_multi_info_read(queue.multi, &left) {
            guard unsafe message.pointee.msg == CURLMSG_DONE else { continue }
            let (handle, code) = unsafe (message.pointee.easy_handle, message.pointee.data.result)
            guard let transfer = unsafe Transfer.of(handle) else { continue }
            running[ObjectIdentifier(transfer.pending.token)] = nil
            finish(transfer, code)
        }
    }

    private func finish(_ transfer: Transfer, _ code: CURLcode) {
        let handleID = transfer.pending.handleID
        // Neither its connection nor its session is used again, whatever libcurl keeps: a session would show the
        // certificate of this one after the server has another.
        if transfer.isServerRefused { pool[handleID]?.connections = nil }
        if !transfer.pending.isRetry, var retry = transfer.retry() {
            retry.isRetry = true
            release(transfer)
            return start(retry)
        }
        let isReused = transfer.easy.openedConnections == 0
        let expiry = transfer.certificateExpiry(code)
        if let expiry { pool[handleID, default: PoolEntry()].certificateExpiry = expiry }
        let result = transfer.result(
            code, certificateExpiry: expiry ?? (isReused ? pool[handleID]?.certificateExpiry : nil))
        release(transfer)
        transfer.resume(result)
    }

    /// Takes the transfer's handle from libcurl; the connection stays in the cache of the transport.
    private func release(_ transfer: Transfer) {
        unsafe curl_multi_remove_handle(queue.multi, transfer.easy.handle)
    }
}
