import Darktrace
import Glibc

/// Measures how responses are read and committed. Each command prints one line of JSON:
///
/// - `memory FILE [TIMES]`: splits and decodes a list in memory
/// - `fetch HOST PORT CA-FILE [TIMES]`: the same list over TLS, with the real client
/// - `serve FILE CA-FILE`: serves the list on a free port, which it prints; `FILE.gz` to clients that accept gzip
/// - `state COUNT FILE`: creates a ledger with COUNT series of model breaches
/// - `commit COUNT FILE`: commits COUNT records to a new ledger, ten times
@main struct Main {
    static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        switch (arguments.first, arguments.count) {
        case ("memory", 2...): try await ingest(FileTransport(path: arguments[1]), times: arguments.dropFirst(2).first)
        case ("fetch", 4...):
            let transport = try secureTransport(arguments[1], port: arguments[2], caFile: arguments[3])
            try await ingest(transport, times: arguments.dropFirst(4).first)
        case ("serve", 3): try serve(arguments[1], caFile: arguments[2])
        case ("state", 3): try await makeState(Int(arguments[1]) ?? 0, arguments[2])
        case ("commit", 3): try await commit(Int(arguments[1]) ?? 0, arguments[2])
        default:
            print(
                "usage: collecting-benchmark memory FILE | fetch HOST PORT CA | serve FILE CA | state COUNT FILE | commit COUNT FILE"
            )
        }
    }

    /// Reads the list as a poll does, and prints the best of several times.
    private static func ingest(_ transport: any Transport, times: String?) async throws {
        let client = Client(transport: transport, dateFormat: .spaced, timeout: 600, userAgent: "benchmark")
        let credentials = Credentials(publicToken: "public", privateToken: "private")
        let request = ModelBreachesRequest(startMilliseconds: 0, endMilliseconds: 1)
        var best = Double.infinity
        var counts = Counts()
        var bytes = 0
        for _ in 0..<(times.flatMap { Int($0) } ?? 1) {
            let counter = RecordCounter()
            let begin = ContinuousClock.now
            let attempt = await client.send(request, credentials: credentials, wallMilliseconds: 0) {
                counter.add($0)
            }
            best = min(best, seconds(since: begin))
            if let refusal = attempt.error { throw BenchmarkError(description: refusal.detail) }
            counts = counter.counts
            bytes = attempt.result.bodyBytes
        }
        print(
            #"{"records": \#(counts.records), "unreadable": \#(counts.unreadable), "models": \#(counts.models.count), "#
                + #""bytes": \#(bytes), "seconds": \#(best), "peak_kilobytes": \#(peakKilobytes())}"#)
    }
}

/// Why nothing can be measured.
struct BenchmarkError: Error, CustomStringConvertible { let description: String }

func seconds(since begin: ContinuousClock.Instant) -> Double {
    let duration = (ContinuousClock.now - begin).components
    return Double(duration.seconds) + Double(duration.attoseconds) / 1e18
}

/// Peak resident memory from `VmHWM`; `getrusage` would include the memory of the parent at the fork.
func peakKilobytes() -> Int {
    guard let file = unsafe fopen("/proc/self/status", "r") else { return 0 }
    defer { unsafe fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while unsafe fgets(&line, 256, file) != nil {
        let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        if text.hasPrefix("VmHWM:") { return Int(text.filter { ("0"..."9").contains($0) }) ?? 0 }
    }
    return 0
}
