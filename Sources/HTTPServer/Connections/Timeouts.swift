/// How long a connection may take for each part of its life; each is a total, which no trickle of bytes prolongs.
package struct Timeouts: Sendable {
    /// From the connection to its first whole request, and from any request's header to the end of its body; seconds.
    package var read: Double
    /// From the handler's call to the last byte of the answer; seconds.
    package var write: Double
    /// From one answer to the next whole request; seconds.
    package var idle: Double

    /// 10 seconds for a request, 30 for an answer, 5 minutes between two.
    package init(request: Double = 10, answer: Double = 30, idle: Double = 300) {
        self.read = request
        self.write = answer
        self.idle = idle
    }
}
