package import HTTPServer

/// The pages that are not metrics share their headers.
package enum Page {
    /// A page that no browser may interpret beyond its type, nor run anything of.
    package static func response(
        _ text: String, status: Int = 200, type: String = "text/plain; charset=utf-8",
        headers: [(name: String, value: String)] = []
    ) -> Response {
        Response(
            status: status,
            headers: [
                ("Content-Type", type),
                ("X-Content-Type-Options", "nosniff"),
                ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
                ("Referrer-Policy", "no-referrer"),
                ("Cache-Control", "no-store"),
            ] + headers,
            body: .pieces([SharedBuffer(Array(text.utf8))]))
    }

    /// 405, naming what is allowed.
    package static func methodNotAllowed(_ allowed: String) -> Response {
        response("This page answers \(allowed) only.\n", status: 405, headers: [("Allow", allowed)])
    }

    /// 404 in the field's words.
    package static var notFound: Response { response("404 page not found\n", status: 404) }
}
