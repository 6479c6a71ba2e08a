/// The compressed beginning of a gzip member, which any number of tails can end.
package struct GzipPrefix: Sendable {
    /// The member's header and a deflate stream that stops on a whole byte without being final.
    package let bytes: [UInt8]
    let checksum: Checksum

    init(bytes: [UInt8], checksum: Checksum) {
        self.bytes = bytes
        self.checksum = checksum
    }

    /// What ends the member after `bytes`: the tail in stored blocks, then checksum and length of the whole text.
    ///
    /// Nothing is compressed here, because it stands in the way of a scrape: a kilobyte takes under a microsecond.
    package func ending(with tail: [UInt8]) -> [UInt8] {
        var whole = checksum
        whole.append(Checksum(of: tail))
        return GzipMember.storedBlocks(tail) + GzipMember.trailer(whole)
    }
}
