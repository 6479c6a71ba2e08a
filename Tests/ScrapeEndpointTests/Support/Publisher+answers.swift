import ScrapeEndpoint

@testable import HTTPServer

extension ScrapeHandler {
    /// Whether a scrape with these wishes is answered with 200; gives its place back.
    func answers(_ accept: String, gzip: Bool) -> Bool {
        let encoding = gzip ? "gzip" : "identity"
        let response = respond(
            to: Request(target: "/metrics", fields: [("Accept", accept), ("Accept-Encoding", encoding)]))
        response.onFinished?(Response.Completion(status: response.status, isComplete: true))
        return response.status == 200
    }
}
