import HTTPServer

/// Responses as an appliance writes them.
enum Reply {
    static let jsonType = "application/json; charset=utf-8"

    /// 200 with a JSON value.
    static func json(_ value: JSON, status: Int = 200) -> Response {
        buffered(status, type: jsonType, value.bytes)
    }

    /// 200 with a JSON text that is generated while it is sent.
    static func stream(_ body: any BodyStream) -> Response {
        Response(status: 200, headers: [("Content-Type", jsonType)], body: .stream(body))
    }

    /// 400 in the form of all errors: indented by two spaces, the first path segment as the only key.
    static func error(_ text: String, path: String) -> Response {
        let segment = path.split(separator: "/").first.map(String.init) ?? ""
        let (key, value) = (JSON.text(segment).bytes, JSON.text(text).bytes)
        return buffered(400, type: jsonType, Array("{\n  ".utf8) + key + Array(": ".utf8) + value + Array("\n}".utf8))
    }

    /// 404 for an object that does not exist.
    static func notFound(_ text: String) -> Response { json(["error": .text(text)], status: 404) }

    /// 302 to a location, with the body of the web framework.
    static func found(_ location: String) -> Response {
        var response = buffered(302, type: "text/plain; charset=utf-8", Array("Found. Redirecting to \(location)".utf8))
        response.headers.append(("Location", location))
        return response
    }

    /// A body in memory.
    static func buffered(_ status: Int, type: String?, _ bytes: [UInt8]) -> Response {
        Response(
            status: status, headers: type.map { [("Content-Type", $0)] } ?? [], body: .buffers([SharedBuffer(bytes)]))
    }
}

extension Reply {
    /// The two forms of a redirect to the login.
    enum LoginForm: String, Sendable, CaseIterable {
        /// Redirects to the appliance's own page.
        case old
        /// Version 7.1: redirects to the vendor's portal, or a JSON body.
        case new
    }

    /// The response to a request without credentials.
    static func noCredentials(_ form: LoginForm, host: String) -> Response {
        switch form {
        case .old: return found("/login")
        case .new:
            var response = buffered(302, type: nil, [])
            response.headers.append(("Location", "https://activeai.darktrace.com/redirect?instance=\(host)"))
            return response
        }
    }

    /// The response to a valid signature for a path that API tokens cannot use.
    static func loginNeeded(_ form: LoginForm) -> Response {
        switch form {
        case .old: return found("/login")
        case .new:
            var response = json(["error": "Please login again"], status: 302)
            response.headers.append(("Location", "/login"))
            return response
        }
    }

    /// The login page with status 200, as after a redirect that a proxy followed.
    static var loginPage: Response {
        let page = """
            <!DOCTYPE html>
            <html lang="en">
            <head><meta charset="utf-8"><title>Log In | Darktrace</title></head>
            <body><form method="post" action="/login"><input name="username"><input name="password" type="password">\
            </form></body>
            </html>

            """
        return buffered(200, type: "text/html; charset=utf-8", Array(page.utf8))
    }

    /// The response to a valid signature of a user without permission.
    static func forbidden(asRedirect: Bool) -> Response {
        guard !asRedirect else { return found("/403") }
        return buffered(403, type: jsonType, Array("{\n  \"error\": \"403 Forbidden\"\n}".utf8))
    }
}
