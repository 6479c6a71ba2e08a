import FoundationEssentials

/// The variables of the process.
package enum Environment {
    /// As they are now; a variable that is not UTF-8 is repaired.
    package static var variables: [String: String] { ProcessInfo.processInfo.environment }
}
