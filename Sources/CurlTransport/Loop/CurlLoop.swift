import CCurl
import Darktrace
import Glibc

/// The one thread on which all exchanges of the process run.
///
/// It makes and owns every handle of libcurl, so that none is ever shared. Others post messages to its inbox and
/// ring; it ends when this object goes, and whatever still runs then ends as cancelled.
package final class CurlLoop: Sendable {
    private let inbox: CommandQueue

    /// Starts the thread.
    ///
    /// - Throws: `CurlLoopError`, when the system has no thread, descriptor or memory left.
    package init() throws(CurlLoopError) {
        guard Self.isLibraryReady else { throw CurlLoopError("libcurl cannot be set up") }
        inbox = try CommandQueue()
        let context = unsafe Unmanaged.passRetained(inbox).toOpaque()
        var thread = pthread_t()
        // Signals are for the threads that wait for them; the ones that libcurl starts to resolve names inherit this.
        var all = sigset_t()
        var before = sigset_t()
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_SETMASK, &all, &before)
        let status = unsafe pthread_create(&thread, nil, runLoop, context)
        unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
        guard status == 0 else {
            unsafe Unmanaged<CommandQueue>.fromOpaque(context).release()
            throw CurlLoopError("no thread for the network: \(unsafe String(cString: strerror(status)))")
        }
        // Nobody joins: the last reference may go on the loop's own thread.
        pthread_detach(thread)
    }

    deinit { inbox.close() }

    /// Ends every exchange as cancelled, at once; later ones end so before they begin.
    package func shutdown() { inbox.close() }

    func post(_ message: LoopCommand) { inbox.enqueue(message) }

    private static let isLibraryReady: Bool = {
        // Each thread that libcurl starts to resolve a name would leave an arena of the allocator's behind: 1 MB in all.
        mallopt(M_ARENA_MAX, 2)
        return curl_global_init(Int(CURL_GLOBAL_SSL | CURL_GLOBAL_WIN32)) == CURLE_OK
    }()
}

/// Why the loop did not start, as one line.
package struct CurlLoopError: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}

/// What others ask of the loop.
enum LoopCommand: Sendable {
    case start(PendingTransfer)
    case cancel(CancellationToken)
    case forget(line: Int)
}

private func runLoop(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context = unsafe context else { return nil }
    let inbox = unsafe Unmanaged<CommandQueue>.fromOpaque(context).takeRetainedValue()
    unsafe name_thread("curl")
    do throws(CurlLoopError) {
        let duty = try MultiDriver(inbox)
        duty.run()
    } catch {
        inbox.close(because: error.description)
    }
    inbox.failPending()
    return nil
}
