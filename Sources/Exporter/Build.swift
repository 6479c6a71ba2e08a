import CBuildStamp

/// What this program was built from.
package enum Build {
    /// The version of the project, from `Package.swift`.
    package static let version = unsafe String(cString: build_stamp_version())

    /// The commit, or `unknown` for a build without a stamp; see `build_stamp_revision`.
    package static var revision: String {
        unsafe String(cString: build_stamp_revision())
    }

    /// The compiler's version, to the minor number: the language itself cannot find out more.
    package static var swiftVersion: String {
        #if compiler(>=6.4)
            "6.4 or later"
        #else
            "6.3"
        #endif
    }

    /// What `--version` prints.
    package static func summary(of program: String) -> String {
        "\(program), version \(version) (revision: \(revision))\n  swift version: \(swiftVersion)\n  platform: \(platform)\n"
    }

    private static var platform: String {
        #if arch(x86_64)
            "linux/amd64"
        #elseif arch(arm64)
            "linux/arm64"
        #else
            "linux"
        #endif
    }
}
