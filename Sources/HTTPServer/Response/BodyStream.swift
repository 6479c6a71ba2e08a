/// A body that the server pulls piece by piece on its own thread.
package protocol BodyStream: Sendable {
    /// The next piece, called again after each; it must not block, a pause is for that.
    func next() -> StreamChunk
}

/// What a pulled body has for the server now.
package enum StreamChunk: Sendable {
    /// The next bytes, any number of them.
    case bytes([UInt8])
    /// Nothing for this long: the connection is suspended meanwhile and costs nothing.
    case pause(milliseconds: Int)
    /// The body is whole.
    case end
    /// Closes the connection in the middle of the body, as a broken appliance does.
    case truncate
    /// Resets the connection in the middle of the body (TCP RST).
    case reset
}
