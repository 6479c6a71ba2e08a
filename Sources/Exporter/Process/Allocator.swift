import CAllocator

/// The C library's allocator, which every value of the program comes from.
enum Allocator {
    /// Keeps large blocks out of the heap, so that what a snapshot or a commit lets go of returns to the system at once.
    ///
    /// glibc raises this threshold with the first large block that is freed (mallopt(3)); the heap then holds such
    /// blocks, and the holes between them. With 100 000 series that is a fifth of the peak.
    static func returnLargeBlocks() {
        mallopt(M_MMAP_THRESHOLD, 128 * 1024)
    }
}
