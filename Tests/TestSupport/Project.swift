package import Foundation

/// Where the parts of this project are.
package enum Project {
    /// The root of the repository.
    package static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The programs of this build, in the directory of the test bundle.
    package static let programs: URL = {
        for bundle in Bundle.allBundles + [Bundle.main] where bundle.bundlePath.hasSuffix(".xctest") {
            return bundle.bundleURL.deletingLastPathComponent()
        }
        return URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    }()

    /// The Python interpreter with the libraries that `.ci/setup test` installs.
    package static let python = root.appending(path: ".build/venv/bin/python").path
}
