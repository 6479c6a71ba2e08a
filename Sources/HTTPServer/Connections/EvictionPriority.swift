import Glibc
import Synchronization

/// How much a connection that waits for a request deserves to live when there are too many.
struct EvictionPriority: Comparable {
    private enum Rank: Int {
        /// Its client has left, and libmicrohttpd has not seen that yet.
        case left
        /// It has never sent a whole request: this is what an attack with silence is made of.
        case silent
        /// It was answered before, as a scraper's idle connection.
        case idle
        /// A request is waiting to be read.
        case asking
    }

    private let merit: Rank
    private let since: Nanoseconds

    init(of line: HTTPConnection) {
        since = line.waitingSince.load(ordering: .relaxed)
        var byte: UInt8 = 0
        switch unsafe recv(line.descriptor, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) {
        case 1...: merit = .asking
        case -1 where errno == EAGAIN: merit = line.hasServed.load(ordering: .relaxed) ? .idle : .silent
        default: merit = .left
        }
    }

    /// The lesser merit, or among equals the longer wait, is less welcome.
    static func < (left: EvictionPriority, right: EvictionPriority) -> Bool {
        left.merit == right.merit ? left.since < right.since : left.merit.rawValue < right.merit.rawValue
    }
}

extension HTTPConnection {
    var evictionPriority: EvictionPriority { EvictionPriority(of: self) }
}
