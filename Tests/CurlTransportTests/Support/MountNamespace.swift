import Foundation
import Glibc
import Locking

/// Files of the system replaced for one thread, and for the threads that it starts.
///
/// Only root may do so. libcurl's loop and the threads on which it resolves names are started from that thread.
enum MountNamespace {
    /// What `body` makes on a thread that sees `files` (system path to text) in place of the system's; nil when this
    /// is not allowed here.
    static func run<Value: Sendable>(
        replacing files: [String: String], _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value? {
        try await withCheckedThrowingContinuation { continuation in
            start {
                continuation.resume(
                    with: Result {
                        guard leave(),
                            mount("none", "/", nil, UInt(MS_REC | MS_PRIVATE), nil) == 0
                        else { return nil }
                        for (path, text) in files {
                            let file = try Appliance.file(text)
                            defer { unlink(file) }
                            guard mount(file, path, nil, UInt(MS_BIND), nil) == 0 else { return nil }
                        }
                        return try body()
                    })
            }
        }
    }

    /// Stands for `unshare(CLONE_NEWNS | CLONE_FS)`, which Swift's view of glibc leaves out.
    private static func leave() -> Bool {
        guard let symbol = dlsym(nil, "unshare") else { return false }
        let unshare = unsafeBitCast(symbol, to: (@convention(c) (Int32) -> Int32).self)
        return unshare(0x20000 | 0x200) == 0
    }
}
