import CLibpq
import Glibc
import Ledger

/// The functions of libpq, which is loaded on first use.
@safe
struct Libpq {
    let functions: UnsafePointer<libpq_functions>

    /// - Throws: `LedgerError` with `.library` if there is no libpq.
    init(for location: DatabaseLocation) throws(LedgerError) {
        guard let functions = unsafe libpq_load() else {
            throw LedgerError(.library, location, unsafe String(cString: libpq_failure()))
        }
        unsafe self.functions = unsafe functions
    }

    /// Removes the variables by which libpq would take settings from the environment: the URL alone decides.
    ///
    /// It has no other way to ignore them. They are removed before the first connection, while nothing reads the
    /// environment on another thread.
    static func ignoreEnvironment() {
        var names: [String] = []
        var next = unsafe environ
        while let entry = unsafe next.pointee {
            let variable = unsafe String(cString: entry)
            if variable.hasPrefix("PG"), let name = variable.split(separator: "=").first { names.append(String(name)) }
            unsafe next += 1
        }
        for name in names { unsafe unsetenv(name) }
    }
}
