import CCurl
import Darktrace
import Glibc
import Synchronization

/// What the thread of the loop does; it lives and dies there.
@safe
final class MultiDriver {
    private let inbox: CommandQueue
    private let multi: UnsafeMutableRawPointer
    private var running: [ObjectIdentifier: Transfer] = [:]
    /// Handles at rest, by transport: with the handle stays what TLS needs to resume a session.
    private var pooledHandles: [Int: EasyHandle] = [:]
    /// `CERTINFO` is empty on a connection that is used again, so the last expiry is kept.
    private var certificateExpiries: [Int: Int64] = [:]

    init(_ inbox: CommandQueue) throws(CurlLoopError) {
        guard let multi = unsafe curl_multi_init() else { throw CurlLoopError("libcurl: out of memory") }
        self.inbox = inbox
        unsafe self.multi = multi
    }

    deinit {
        running = [:]
        pooledHandles = [:]
        unsafe curl_multi_cleanup(multi)
    }

    /// Returns when the inbox has closed.
    func run() {
        while let messages = inbox.drain() {
            for message in messages { handle(message) }
            var count: Int32 = 0
            unsafe curl_multi_perform(multi, &count)
            finishWhatEnded()
            var bell = curl_waitfd(fd: inbox.wakeup, events: Int16(CURL_WAIT_POLLIN), revents: 0)
            // libcurl shortens the time to its own next deadline.
            unsafe curl_multi_poll(multi, &bell, 1, 3_600_000, nil)
        }
        for transfer in running.values {
            release(transfer)
            transfer.resume(failure: TransportError(.cancelled, "the network loop has ended"))
        }
        running = [:]
    }

    private func handle(_ message: LoopCommand) {
        switch message {
        case .start(let job): start(job)
        case .cancel(let ticket):
            guard let transfer = running.removeValue(forKey: ObjectIdentifier(ticket)) else { return }
            // With QUICK_EXIT this does not wait for a name that is still being resolved.
            release(transfer)
            transfer.resume(failure: TransportError(.cancelled, "cancelled"))
        case .forget(let line):
            pooledHandles[line] = nil
            certificateExpiries[line] = nil
        }
    }

    private func start(_ job: PendingTransfer) {
        func refuse(_ kind: TransportError.Kind, _ detail: String) {
            job.continuation.resume(returning: TransportResult(failure: TransportError(kind, detail)))
        }
        guard !job.ticket.isCancelled.load(ordering: .acquiring) else { return refuse(.cancelled, "cancelled") }
        guard let easy = pooledHandles.removeValue(forKey: job.line) ?? EasyHandle() else {
            return refuse(.unexpected, "libcurl: out of memory")
        }
        do throws(TransportError) {
            let transfer = try Transfer(job, easy)
            let status = unsafe curl_multi_add_handle(multi, easy.handle)
            guard status == CURLM_OK else {
                throw TransportError(.unexpected, unsafe String(cString: curl_multi_strerror(status)))
            }
            running[ObjectIdentifier(job.ticket)] = transfer
        } catch {
            refuse(error.kind, error.detail)
        }
    }

    private func finishWhatEnded() {
        var left: Int32 = 0
        while let message = unsafe curl_multi_info_read(multi, &left) {
            guard unsafe message.pointee.msg == CURLMSG_DONE else { continue }
            let (handle, code) = unsafe (message.pointee.easy_handle, message.pointee.data.result)
            guard let (key, transfer) = running.first(where: { unsafe $0.value.easy.handle == handle })
            else { continue }
            running[key] = nil
            finish(transfer, code)
        }
    }

    private func finish(_ transfer: Transfer, _ code: CURLcode) {
        let line = transfer.job.line
        if let expiry = transfer.easy.certificateExpiry { certificateExpiries[line] = expiry }
        let isReused = transfer.easy.openedConnections == 0
        let exchange = transfer.exchange(
            code, certificateExpiry: transfer.easy.certificateExpiry ?? (isReused ? certificateExpiries[line] : nil))
        release(transfer)
        // Setting up TLS leaves megabytes of freed certificates behind, which glibc would keep.
        if !isReused { malloc_trim(0) }
        transfer.resume(exchange)
    }

    /// Takes the handle out of the loop and puts it to rest.
    private func release(_ transfer: Transfer) {
        unsafe curl_multi_remove_handle(multi, transfer.easy.handle)
        transfer.easy.reset()
        pooledHandles[transfer.job.line] = transfer.easy
    }
}
