import CMicroHTTPD
import Glibc

/// The thread that runs a watch, to be joined. Stands for `pthread_create` and `pthread_join`.
@safe
struct TimeoutThread: ~Copyable, Sendable {
    private let thread: pthread_t

    init(running watch: TimeoutMonitor) throws(ServerError) {
        var thread = pthread_t()
        let context = unsafe Unmanaged.passRetained(watch)
        let code = unsafe pthread_create(&thread, nil, runWatch, context.toOpaque())
        guard code == 0 else {
            unsafe context.release()
            throw .outOfResources("no thread for the deadlines: \(systemText(code))")
        }
        self.thread = thread
    }

    /// Waits until the watch, which must have been closed, has returned.
    consuming func join() { _ = pthread_join(thread, nil) }
}

private func runWatch(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let context = unsafe context {
        unsafe mhd_name_thread("deadlines")
        unsafe Unmanaged<TimeoutMonitor>.fromOpaque(context).takeRetainedValue().run()
    }
    return nil
}
