import HTTPServer

/// What goes wrong once the signature is found good: permissions, and answers that are not what was asked for.
struct ContentFaults {
    private let faults: ActiveFaults
    private let path: String

    init(_ faults: ActiveFaults, path: String) {
        self.faults = faults
        self.path = path
    }

    /// Nil when the endpoint itself answers.
    var response: Response? {
        if let status = faults.value(.permission) { return Reply.forbidden(asRedirect: status == "302") }
        if faults.isOn(.inputError) { return Reply.error("INPUT ERROR", path: path) }
        if faults.isOn(.notFound) { return Reply.notFound("Not found") }
        if faults.isOn(.emptyBody) { return Reply.whole(200, type: Reply.jsonType, []) }
        if faults.isOn(.notJSON) {
            return Reply.whole(200, type: Reply.jsonType, Array("Service is starting, please wait.\n".utf8))
        }
        guard let content = faults.value(.wrongContent) else { return nil }
        switch content {
        case "null": return Reply.json(.null)
        case "number": return Reply.json(42)
        case "text": return Reply.json("modelbreaches")
        case "nested": return Reply.json(["modelbreaches": [["pbid": 1]]])
        default: return Reply.json([:])
        }
    }
}
