import Foundation
import Metrics
import TestSupport

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
    /// The families of each body; one refused body fails the call with Python's message.
    static func families(in bodies: [[UInt8]], _ syntax: TextFormat) throws -> [[ParsedFamily]] {
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            "bodies.json", JSONEncoder().encode(bodies.map { String(decoding: $0, as: UTF8.self) }))
        let module = syntax == .text ? "prometheus_client.parser" : "prometheus_client.openmetrics.parser"
        let result = try Command.run(Project.python, ["-c", script, module, file])
        return try JSONDecoder().decode([[ParsedFamily]].self, from: result.successfulOutput())
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
