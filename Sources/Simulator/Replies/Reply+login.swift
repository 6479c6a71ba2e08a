import HTTPServer

extension Reply {
    /// The two generations of "log in first".
    enum LoginForm: String, Sendable, CaseIterable {
        /// Redirects to the appliance's own page.
        case old
        /// 7.1: redirects to the vendor's portal, or says so in JSON.
        case new
    }

    /// The answer to a request without any credentials.
    static func noCredentials(_ form: LoginForm, host: String) -> Response {
        switch form {
        case .old: return found("/login")
        case .new:
            var response = whole(302, type: nil, [])
            response.headers.append(("Location", "https://activeai.darktrace.com/redirect?instance=\(host)"))
            return response
        }
    }

    /// The answer to a good signature for a path that no token can use.
    static func loginNeeded(_ form: LoginForm) -> Response {
        switch form {
        case .old: return found("/login")
        case .new:
            var response = json(["error": "Please login again"], status: 302)
            response.headers.append(("Location", "/login"))
            return response
        }
    }

    /// The login page with 200, as after a redirect that something on the way followed.
    static var loginPage: Response {
        let page = """
            <!DOCTYPE html>
            <html lang="en">
            <head><meta charset="utf-8"><title>Log In | Darktrace</title></head>
            <body><form method="post" action="/login"><input name="username"><input name="password" type="password">\
            </form></body>
            </html>

            """
        return whole(200, type: "text/html; charset=utf-8", Array(page.utf8))
    }

    /// The answer to a good signature of a user who may not see this.
    static func forbidden(asRedirect: Bool) -> Response {
        guard !asRedirect else { return found("/403") }
        return whole(403, type: jsonType, Array("{\n  \"error\": \"403 Forbidden\"\n}".utf8))
    }
}
