import Foundation
import TestSupport
import Testing

/// Starts the exporter, or another command, and expects that it ends at once, with status 1 and one line.
func expectRefusal(
    _ arguments: [String], in workspace: TemporaryDirectory, names: [String],
    by command: [String] = ["darktrace-exporter"],
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let clock = ContinuousClock()
    let start = clock.now
    let program = try RunningProgram(command[0], command.dropFirst() + arguments, directory: workspace.url)
    #expect(try program.exitStatus() == 1, sourceLocation: sourceLocation)
    #expect(clock.now - start < .seconds(promptly), sourceLocation: sourceLocation)
    let lines = program.log.split(separator: "\n")
    #expect(lines.count == 1, "\(program.log)", sourceLocation: sourceLocation)
    for name in names {
        #expect(program.log.contains(name), "\(program.log)", sourceLocation: sourceLocation)
    }
}
