import CMicroHTTPD

/// A `struct MHD_Connection` that can sleep outside of libmicrohttpd's loop.
@safe
struct SuspendableConnection: @unchecked Sendable {
    // Unchecked: libmicrohttpd keeps a suspended connection alive until it is resumed, and allows that from any thread.
    private let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) { unsafe self.pointer = pointer }

    /// Stands for `MHD_suspend_connection`; only on libmicrohttpd's thread.
    func suspend() { unsafe MHD_suspend_connection(pointer) }

    /// Stands for `MHD_resume_connection`; exactly once for each `suspend`, from any thread.
    func resume() { unsafe MHD_resume_connection(pointer) }
}
