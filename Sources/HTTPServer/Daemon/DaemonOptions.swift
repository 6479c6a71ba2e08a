import CMicroHTTPD
import Glibc

/// The list of `MHD_OptionItem`s that a daemon starts with, and the texts that it points at.
@safe
struct DaemonOptions: ~Copyable {
    private var items: [MHD_OptionItem] = unsafe []
    private var texts: [UnsafeMutablePointer<CChar>] = unsafe []

    /// Begins with the callbacks; the logger must come first, or libmicrohttpd writes to standard error.
    init(closure: UnsafeMutableRawPointer) {
        let logger: MHD_LogCallback = unsafe logCallback
        let uriLogger: URILogCallback = unsafe requestBegan
        let notifyConnection: MHD_NotifyConnectionCallback = unsafe connectionChanged
        let notifyCompleted: MHD_RequestCompletedCallback = unsafe requestCompleted
        unsafe add(.EXTERNAL_LOGGER, unsafeBitCast(logger, to: Int.self), closure)
        unsafe add(.URI_LOG_CALLBACK, unsafeBitCast(uriLogger, to: Int.self), closure)
        unsafe add(.NOTIFY_CONNECTION, unsafeBitCast(notifyConnection, to: Int.self), closure)
        unsafe add(.NOTIFY_COMPLETED, unsafeBitCast(notifyCompleted, to: Int.self), closure)
    }

    deinit { unsafe texts.forEach { unsafe free($0) } }

    mutating func add(_ option: MHD_OPTION, _ value: Int, _ pointer: UnsafeMutableRawPointer? = nil) {
        unsafe items.append(MHD_OptionItem(option: option, value: value, ptr_value: pointer))
    }

    mutating func add(_ option: MHD_OPTION, _ text: String) {
        guard let copy = unsafe strdup(text) else { return }
        unsafe texts.append(copy)
        unsafe add(option, 0, copy)
    }

    /// Runs a call that takes the list as C's variable arguments.
    consuming func withList<Result>(_ body: (CVaListPointer) -> Result) -> Result {
        unsafe add(.END, 0)
        return unsafe items.withUnsafeMutableBufferPointer { items in
            guard let start = items.baseAddress else { return unsafe withVaList([]) { unsafe body($0) } }
            let arguments: [any CVarArg] = unsafe [
                Int32(MHD_OPTION.ARRAY.rawValue), start, Int32(MHD_OPTION.END.rawValue),
            ]
            return unsafe withVaList(arguments) { unsafe body($0) }
        }
    }
}

/// The type of `MHD_OPTION_URI_LOG_CALLBACK`, which the header has no name for.
private typealias URILogCallback =
    @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<CChar>?, OpaquePointer?) -> UnsafeMutableRawPointer?
