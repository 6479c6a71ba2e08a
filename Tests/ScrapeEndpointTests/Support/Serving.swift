import Foundation
import HTTPServer
import ScrapeEndpoint
import Testing
import Values

/// Serves a publisher on a free port of 127.0.0.1 while the body runs.
func serving(
    _ publisher: ScrapeHandler, handler: Handler? = nil, _ body: @Sendable (_ port: UInt16) async throws -> Void
) async throws {
    let configuration = ServerConfiguration(addresses: [try ListenAddress(parsing: "127.0.0.1:0")])
    let server = try Server(configuration, handler: handler ?? { publisher.respond(to: $0) })
    let run = Task { await publisher.run() }
    defer {
        run.cancel()
        server.stop(graceSeconds: 0)
    }
    try await body(try #require(server.boundAddresses.first?.port))
}

/// Runs a program with an input and gives its output; fails with what it said if it does not succeed.
@discardableResult
func run(_ program: String..., input: [UInt8] = []) throws -> [UInt8] {
    try run(program, input: input)
}

/// The same for arguments that were put together.
func run(_ program: [String], input: [UInt8] = []) throws -> [UInt8] {
    let directory = FileManager.default.temporaryDirectory.appending(path: "run-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let (inputFile, errorFile) = (directory.appending(path: "input"), directory.appending(path: "errors"))
    try Data(input).write(to: inputFile)
    try Data().write(to: errorFile)
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = program
    let output = Pipe()
    process.standardInput = try FileHandle(forReadingFrom: inputFile)
    process.standardOutput = output
    process.standardError = try FileHandle(forWritingTo: errorFile)
    try process.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let errors = String(decoding: try Data(contentsOf: errorFile), as: UTF8.self)
    try #require(process.terminationStatus == 0, "\(program) failed: \(errors)")
    return Array(text)
}
