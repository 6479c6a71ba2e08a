import CMicroHTTPD
import Glibc

/// Wakes a thread that waits in `poll`. Stands for `eventfd`.
struct EventFD: ~Copyable, Sendable {
    let descriptor: Int32

    init() throws(ServerError) {
        let made = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard made >= 0 else { throw .outOfResources("no event descriptor: \(systemText(errno))") }
        descriptor = made
    }

    deinit { close(descriptor) }

    borrowing func signal() {
        var one: UInt64 = 1
        _ = unsafe write(descriptor, &one, MemoryLayout<UInt64>.size)
    }

    /// Makes it silent again, to be called before what it announces is looked at.
    borrowing func clear() {
        var count: UInt64 = 0
        _ = unsafe read(descriptor, &count, MemoryLayout<UInt64>.size)
    }

    /// Waits until it rings or the instant has passed, whatever signals come meanwhile.
    borrowing func wait(until instant: Nanoseconds) {
        var entry = pollfd(descriptor: descriptor, events: Int16(POLLIN))
        while unsafe poll(&entry, 1, pollTimeout(until: instant)) < 0 && errno == EINTR {}
    }
}

extension pollfd {
    /// Asks `poll` for these events of a descriptor.
    init(descriptor: Int32, events: Int16) { self.init(fd: descriptor, events: events, revents: 0) }
}

/// The milliseconds `poll` may wait, rounded up so that it never wakes just before; -1 for ever.
func pollTimeout(until instant: Nanoseconds) -> Int32 {
    guard instant != .max else { return -1 }
    let left = instant - monotonicNow()
    return left <= 0 ? 0 : Int32(clamping: (left + 999_999) / 1_000_000)
}

/// What the system says about an error number. Stands for `strerror_r` in the form of POSIX.
func systemText(_ number: Int32) -> String {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer -> String in
        guard let start = buffer.baseAddress, unsafe strerror_r(number, start, buffer.count) == 0 else {
            return "error \(number)"
        }
        return unsafe String(cString: start)
    }
}
