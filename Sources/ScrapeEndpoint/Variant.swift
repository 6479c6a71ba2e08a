import Metrics

/// One way a body can look: two versions or escapings that differ in headers only share it.
struct Variant: Hashable, Sendable {
    let syntax: TextFormat
    let coding: ContentCoding
}
