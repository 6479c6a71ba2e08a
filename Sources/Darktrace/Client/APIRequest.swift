/// One GET of the API: what it asks for, and how its answer is read. Each endpoint has a type of its own.
package protocol APIRequest: Sendable {
    /// What `take` gets: each record of a list, or the one object.
    associatedtype Content: Sendable

    /// The path without its query: the label `path` of the request's metrics.
    static var path: String { get }
    /// What to do when this request is refused by right, path or parameter; nil is what helps with any request.
    static var hint: Hint? { get }
    /// Path and query as signed and sent: names sorted, nothing that needs escaping.
    var target: String { get }

    /// Reads one answer; `take` says whether to go on.
    func intake(_ take: @escaping @Sendable (Content) -> Bool) -> any ResponseReader
}

extension APIRequest {
    package static var hint: Hint? { nil }
}
