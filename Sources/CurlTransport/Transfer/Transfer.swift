import CCurl
import Darktrace

/// One exchange on its way, on the loop's thread.
@safe
final class Transfer {
    let job: PendingTransfer
    let easy: EasyHandle
    private(set) var head: ResponseHead?
    private var headReader = HeaderParser()
    private(set) var bodyBytes = 0
    /// Why we ended it ourselves.
    private(set) var ownFailure: TransportError?

    init(_ job: PendingTransfer, _ easy: EasyHandle) throws(TransportError) {
        self.job = job
        self.easy = easy
        try easy.prepare(job.request, job.endpoint)
        // Unretained: the loop keeps the transfer as long as libcurl has it.
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        do throws(CurlError) {
            try unsafe easy.set(CURLOPT_HEADERFUNCTION, takeHeaderLine)
            try unsafe easy.set(CURLOPT_HEADERDATA, context)
            try unsafe easy.set(CURLOPT_WRITEFUNCTION, takeBody)
            try unsafe easy.set(CURLOPT_WRITEDATA, context)
        } catch {
            throw TransportError(.unexpected, easy.errorText(error.code))
        }
    }

    func resume(_ exchange: TransportResult) { job.continuation.resume(returning: exchange) }

    /// Ends it before libcurl does.
    func resume(failure: TransportError) {
        resume(TransportResult(head: head, failure: failure, bodyBytes: bodyBytes))
    }

    /// False ends the transfer.
    fileprivate func take(headerLine: UnsafeRawBufferPointer) -> Bool {
        switch unsafe headReader.read(headerLine) {
        case .more: return true
        case .complete(let head):
            self.head = head
            job.receiver.receive(head)
            return true
        case .tooLarge:
            ownFailure = TransportError(.malformed, "the answer's header is too large")
            return false
        }
    }

    /// False ends the transfer.
    fileprivate func take(body: UnsafeRawBufferPointer) -> Bool {
        bodyBytes += body.count
        let limits = job.endpoint.bodyLimits
        if bodyBytes > limits.bytes {
            ownFailure = TransportError(.tooLarge, "the body is larger than \(limits.bytes) bytes")
        } else if bodyBytes > limits.inflationFreeBytes,
            bodyBytes / limits.inflation > easy.offset(CURLINFO_SIZE_DOWNLOAD_T)
        {
            ownFailure = TransportError(
                .tooLarge, "the body inflates to more than \(limits.inflation) times its size on the wire")
        } else if unsafe !job.receiver.receive(body.bytes) {
            ownFailure = TransportError(.rejectedBySink, "no more was wanted")
        }
        return ownFailure == nil
    }
}

private func takeHeaderLine(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context = unsafe context else { return 0 }
    let transfer = unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    let line = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
    return unsafe transfer.take(headerLine: line) ? size * count : -1
}

private func takeBody(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard size * count > 0, let context = unsafe context else { return 0 }
    let transfer = unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    let piece = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
    return unsafe transfer.take(body: piece) ? size * count : -1
}
