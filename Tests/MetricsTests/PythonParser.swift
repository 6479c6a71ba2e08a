import Foundation
import Metrics

/// What Python's prometheus_client reads in a body.
struct ParsedFamily: Decodable, Equatable {
    let name: String
    let type: String
    let unit: String
    let help: String
    let samples: [ParsedSample]
}

struct ParsedSample: Decodable, Equatable {
    let name: String
    let labels: [String: String]
    /// As Python prints a float.
    let value: String
    let exemplar: ParsedExemplar?
}

struct ParsedExemplar: Decodable, Equatable {
    let labels: [String: String]
    let value: String
    let timestamp: Double?
}

/// Python's prometheus_client, the strictest parser of a single OpenMetrics body that is to be had.
enum PythonParser {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// The families of each body; one refused body fails the call with Python's message.
    static func families(in bodies: [[UInt8]], _ syntax: TextFormat) throws -> [[ParsedFamily]] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let python = root.appending(path: ".build/venv/bin/python")
        guard FileManager.default.isExecutableFile(atPath: python.path) else {
            throw Failure(description: "there is no \(python.path): run `make test`, which sets it up")
        }
        let file = FileManager.default.temporaryDirectory.appending(path: "bodies-\(UUID().uuidString).json")
        defer { try? FileManager.default.removeItem(at: file) }
        try JSONEncoder().encode(bodies.map { String(decoding: $0, as: UTF8.self) }).write(to: file)
        let module = syntax == .text ? "prometheus_client.parser" : "prometheus_client.openmetrics.parser"
        let output = try run(python, ["-c", script, module, file.path])
        return try JSONDecoder().decode([[ParsedFamily]].self, from: output)
    }

    private static func run(_ program: URL, _ arguments: [String]) throws -> Data {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        let (output, errors) = (Pipe(), FileManager.default.temporaryDirectory.appending(path: UUID().uuidString))
        try Data().write(to: errors)
        defer { try? FileManager.default.removeItem(at: errors) }
        process.standardOutput = output
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: String(decoding: try Data(contentsOf: errors).suffix(2_000), as: UTF8.self))
        }
        return data
    }

    private static let script = """
        import importlib, json, sys
        parse = importlib.import_module(sys.argv[1]).text_string_to_metric_families
        def exemplar(e):
            if e is None: return None
            return {"labels": e.labels, "value": repr(float(e.value)),
                    "timestamp": None if e.timestamp is None else float(e.timestamp)}
        def sample(s):
            return {"name": s.name, "labels": s.labels, "value": repr(float(s.value)), "exemplar": exemplar(s.exemplar)}
        def family(f):
            return {"name": f.name, "type": f.type, "unit": f.unit, "help": f.documentation,
                    "samples": [sample(s) for s in f.samples]}
        answer = []
        for number, body in enumerate(json.load(open(sys.argv[2], encoding="utf-8"))):
            try:
                answer.append([family(f) for f in parse(body)])
            except Exception as error:
                sys.exit(f"body {number} is refused: {error}\\n{body[:1500]}")
        json.dump(answer, sys.stdout)
        """
}
