/// Text made safe for HTML: what an appliance says must not become markup.
struct HTMLText: CustomStringConvertible {
    let description: String

    /// Escapes the five characters of HTML and cuts what is too long for a page.
    init(_ text: String, limit: Int = 300) {
        var safe = ""
        for scalar in text.unicodeScalars.prefix(limit) {
            switch scalar {
            case "&": safe += "&amp;"
            case "<": safe += "&lt;"
            case ">": safe += "&gt;"
            case "\"": safe += "&quot;"
            case "'": safe += "&#39;"
            case _ where QuotedText.isUnsafe(scalar): safe += "\u{FFFD}"
            default: safe.unicodeScalars.append(scalar)
            }
        }
        description = text.unicodeScalars.count > limit ? safe + "…" : safe
    }
}
