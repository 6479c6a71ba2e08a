package import Foundation

/// How a program ended and what it wrote.
package struct CommandResult: Sendable {
    /// The exit status, or the negative number of the signal that ended the process.
    package let status: Int32
    package let output: Data
    package let errors: String

    /// Standard output as text.
    package var text: String { String(decoding: output, as: UTF8.self) }

    /// Standard output.
    ///
    /// - Throws: `CommandFailure` with standard error unless the status is 0.
    package func successfulOutput() throws -> Data {
        guard status == 0 else { throw CommandFailure(status: status, errors: errors) }
        return output
    }
}

/// A program that was expected to succeed ended with another status than 0.
package struct CommandFailure: Error, CustomStringConvertible {
    package let status: Int32
    package let errors: String

    package var description: String { "status \(status): \(errors)" }
}

/// Programs that end on their own.
package enum Command {
    /// Runs a program to its end, blocking the calling thread.
    ///
    /// - Parameters:
    ///   - name: A path, or a name that is looked up in `PATH`.
    ///   - environment: Added to the environment of the tests.
    package static func run(
        _ name: String, _ arguments: [String] = [], input: Data? = nil, environment: [String: String] = [:],
        in directory: String? = nil
    ) throws -> CommandResult {
        let child = try ChildProcess(
            name, arguments, environment: ProcessInfo.processInfo.environment.merging(environment) { $1 },
            directory: directory, hasInput: input != nil)
        let errors = PipeReader(child.errors)
        if let input, let handle = child.input {
            Thread.detachNewThread {
                try? handle.write(contentsOf: input)
                try? handle.close()
            }
        }
        let output = child.output.readDataToEndOfFile()
        let text = String(decoding: errors.data(), as: UTF8.self)
        return CommandResult(status: child.wait(), output: output, errors: text)
    }

    /// Standard output of a program that must succeed; throws `CommandFailure` otherwise.
    package static func output(_ name: String, _ arguments: [String], input: Data? = nil) throws -> [UInt8] {
        Array(try run(name, arguments, input: input).successfulOutput())
    }

    /// The same on a thread of its own, so that no thread of Swift's task pool is blocked.
    package static func runAsync(
        _ name: String, _ arguments: [String] = [], environment: [String: String] = [:], in directory: String? = nil
    ) async throws -> CommandResult {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    with: Result { try run(name, arguments, environment: environment, in: directory) })
            }
        }
    }
}

/// The text of a gzip member, decompressed by the `gunzip` program; throws `CommandFailure` with its message.
package func gunzip(_ member: [UInt8]) throws -> [UInt8] {
    try Command.output("gunzip", ["-c"], input: Data(member))
}

/// Reads one pipe to its end on a thread of its own, while the caller reads another.
private final class PipeReader: @unchecked Sendable {
    // Unchecked because the semaphore orders the one write before the read.
    private var bytes = Data()
    private let done = DispatchSemaphore(value: 0)

    init(_ handle: FileHandle) {
        Thread.detachNewThread { [self] in
            bytes = handle.readDataToEndOfFile()
            done.signal()
        }
    }

    func data() -> Data {
        done.wait()
        return bytes
    }
}
