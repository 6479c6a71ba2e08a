import Glibc
import HTTPServer
import Metrics
import ScrapeEndpoint
import Values

/// Measures the scrape endpoint without the rest: `render COUNT` prints the time per series as lines of JSON, and
/// `serve COUNT [CHANGES]` serves COUNT series on a free port, which it prints, with CHANGES changes per second.
@main struct Main {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        let numbers = arguments.dropFirst().compactMap { Int($0) }
        switch (arguments.first, numbers.first) {
        case ("render", let count?): render(count)
        case ("serve", let count?): try await serve(count, changesPerSecond: numbers.dropFirst().first ?? 0)
        default: print("usage: exposition-benchmark render COUNT | serve COUNT [CHANGES-PER-SECOND]")
        }
    }

    private static let breaches = Descriptor(
        "darktrace_model_breaches_total", .counter, labels: ["appliance", "model", "category"],
        help: "Model breaches counted, each once.")

    /// Families like those of the exporter: one table for each appliance, sorted, without spare capacity.
    private static func families(_ count: Int) -> [MetricFamily] {
        (0..<3).map { appliance in
            var table = SeriesTable()
            for number in 0..<(count + appliance) / 3 {
                let values = [
                    "appliance-\(appliance)", "Compromise::Watched Domain \(1_000_000 + number)", "suspicious",
                ]
                table.append(Series(Labels(breaches.labelNames, values), .number(Double(number % 9_973))))
            }
            return MetricFamily(breaches, table.sorted())
        }
    }

    private static func render(_ count: Int) {
        let exposition = Exposition(families(count))
        for syntax in TextFormat.allCases {
            let best = (0..<7).map { _ in nanoseconds { pass(exposition, syntax) } }.min() ?? 0
            print(#"{"format": "\#(syntax)", "series": \#(count), "nanoseconds_per_series": \#(best / count)}"#)
        }
    }

    /// Renders in pieces, with the small buffer that compression uses.
    private static func pass(_ exposition: Exposition, _ syntax: TextFormat) {
        var rendering = ExpositionWriter(exposition, as: syntax, withCreated: false)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(68 * 1024)
        while rendering.write(to: &bytes, atLeast: 64 * 1024) { bytes.removeAll(keepingCapacity: true) }
    }

    private static func nanoseconds(_ body: () -> Void) -> Int {
        let duration = ContinuousClock().measure(body).components
        return Int(duration.seconds) * 1_000_000_000 + Int(duration.attoseconds / 1_000_000_000)
    }

    private static func serve(_ count: Int, changesPerSecond: Int) async throws {
        let all = families(count)
        let requests = MetricVec(Descriptor("requests_total", .counter, help: "Total number of responses."))
        let scrapes = ScrapeHandler(
            groups: { [MetricGroup("") { all }] }, live: { _ in [requests.collect()] })
        let configuration = ServerConfiguration(addresses: [try ListenAddress(parsing: "127.0.0.1:0")])
        let server = try Server(configuration) { request in
            requests.add()
            return scrapes.respond(to: request)
        }
        print(server.boundAddresses.map { "\($0)" }.joined(separator: " "))
        fflush(nil)
        while true {
            // Without changes nothing but the server may wake the process up.
            let pause = changesPerSecond > 0 ? Duration.seconds(1) / changesPerSecond : .seconds(86_400)
            try await Task.sleep(for: pause)
            scrapes.markStale()
        }
    }
}
