/// How long a connection may take for each part of its life; each is a total, which no trickle of bytes prolongs.
package struct Deadlines: Sendable {
    /// From the connection to its first whole request, and from any request's header to the end of its body; seconds.
    package var request: Double
    /// From the handler's call to the last byte of the answer; seconds.
    package var answer: Double
    /// From one answer to the next whole request; seconds.
    package var idle: Double

    /// 10 seconds for a request, 30 for an answer, 5 minutes between two.
    package init(request: Double = 10, answer: Double = 30, idle: Double = 300) {
        self.request = request
        self.answer = answer
        self.idle = idle
    }
}
