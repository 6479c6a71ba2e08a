import Configuration

extension Folder {
    /// Checks a file of this folder and the files that it names; the mistakes without the path of the folder, one in each
    /// line, or nil if the file is good.
    func complaint(_ text: String, environment: [String: String] = [:]) throws -> String? {
        try complaint(bytes: Array(text.utf8), environment: environment)
    }

    func complaint(bytes: [UInt8], environment: [String: String] = [:]) throws -> String? {
        let file = try write("x.yml", bytes)
        do {
            _ = try Settings.load(arguments: ["--config.file", file, "--config.check"], environment: environment)
            return nil
        } catch {
            return error.description.replacing("\(path)/", with: "")
        }
    }

    /// The settings and warnings of a good file, the folder cut away from the warnings.
    func settings(_ text: String, environment: [String: String] = [:]) throws -> (Settings, warnings: [String]) {
        let file = try write("x.yml", text)
        let launch = try Settings.load(arguments: ["--config.file", file], environment: environment)
        guard case .run(let settings, let warnings) = launch else { throw NotARun() }
        return (settings, warnings.map { $0.description.replacing("\(path)/", with: "") })
    }

    struct NotARun: Error {}
}

/// A good file of six lines, one of which can be another; line 7 is the first that is free.
func file(line: Int = 7, _ text: String = "") -> String {
    var lines = [
        "global:", "appliances:", "  - name: hq", "    url: https://10.0.0.5", "    public_token: pub",
        "    private_token: priv", "",
    ]
    lines[line - 1] = text
    return lines.joined(separator: "\n")
}
