import Foundation
import TestSupport
import Testing

/// The check of the program headers of a release finds every protection that is missing.
@Suite(.timeLimit(.minutes(1))) struct HardeningTests {
    private static let good = ["-fPIE", "-pie", "-Wl,-z,relro", "-Wl,-z,now"]

    private func check(_ flags: [String]) throws -> CommandResult {
        let workspace = try TemporaryDirectory()
        let source = try workspace.write("program.c", "int main(void) { return 0; }\n")
        let program = workspace.path("program")
        let compiled = try Command.run("clang", ["-fuse-ld=lld"] + flags + ["-o", program, source])
        try #require(compiled.status == 0, "\(compiled.errors)")
        return try Command.run(Project.root.appending(path: "deploy/release/hardening").path, [program])
    }

    @Test func `a hardened program passes`() throws {
        let result = try check(Self.good)
        #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
    }

    @Test(arguments: [
        (["-fPIE", "-pie", "-Wl,-z,norelro", "-Wl,-z,now"], "no RELRO segment"),
        (["-fPIE", "-pie", "-Wl,-z,relro", "-Wl,-z,lazy"], "without -z now"),
        (["-fno-PIE", "-no-pie", "-Wl,-z,relro", "-Wl,-z,now"], "not position-independent"),
        (good + ["-Wl,-z,execstack"], "the stack is executable"),
        (good + ["-Wl,-rpath,$ORIGIN"], "has a RUNPATH"),
    ])
    func `a program that lacks a protection fails`(flags: [String], message: String) throws {
        let result = try check(flags)
        #expect(result.status == 1)
        #expect(result.errors.contains(message), "\(result.errors)")
        #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
    }
}
