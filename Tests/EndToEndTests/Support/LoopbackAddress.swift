/// Addresses of this machine alone that no other program uses: one of them keeps its port free while its program is down.
enum LoopbackAddress {
    /// A random one of 127.0.0.0/8.
    static func random() -> String {
        "127." + (0..<3).map { _ in String(Int.random(in: 2...250)) }.joined(separator: ".")
    }
}
