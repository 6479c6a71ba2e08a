import Locking
import Metrics
import ScrapeEndpoint

@testable import HTTPServer

extension ScrapeHandler {
    /// The final response to a request, as a server gets it: it calls the handler again after each wait.
    func finalResponse(to request: consuming Request) async -> Response {
        var response = respond(to: request)
        while case .deferred(let wakeup, let then) = response.body {
            await withCheckedContinuation { waiting in wakeup.onFire { waiting.resume() } }
            response = then(request)
        }
        return response
    }

    /// A whole scrape with these headers, whose place is free again afterwards.
    func scrape(
        _ accept: String = "text/plain", gzip: Bool = false, query: String = ""
    ) async -> (status: Int, body: SharedBody?) {
        let encoding = gzip ? "gzip" : "identity"
        let request = Request(target: "/metrics\(query)", fields: [("Accept", accept), ("Accept-Encoding", encoding)])
        let response = await finalResponse(to: request)
        response.onFinished?(Response.Completion(status: response.status, isComplete: true))
        guard case .shared(let body) = response.body else { return (response.status, nil) }
        return (response.status, body)
    }
}

extension SharedBody {
    /// All bytes.
    var bytes: [UInt8] { buffers.flatMap(\.bytes) }
}
