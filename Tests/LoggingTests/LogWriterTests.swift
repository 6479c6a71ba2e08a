import Foundation
import Logging
import Testing

/// A pipe whose reader decides when it reads.
private final class LogPipe: Sendable {
    let reader: Int32
    let writer: Int32

    init() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        (reader, writer) = (ends[0], ends[1])
    }

    deinit {
        close(reader)
        close(writer)
    }

    var descriptor: FileDescriptor { FileDescriptor(writer) }

    /// Writes until the pipe takes nothing more; returns the number of bytes.
    func fill() -> Int {
        let flags = fcntl(writer, F_GETFL)
        _ = fcntl(writer, F_SETFL, flags | O_NONBLOCK)
        defer { _ = fcntl(writer, F_SETFL, flags) }
        let block = [UInt8](repeating: UInt8(ascii: "x"), count: 512)
        var count = 0
        while true {
            let written = write(writer, block, block.count)
            guard written > 0 else { return count }
            count += written
        }
    }

    /// Reads until the condition holds for all that was read after the first bytes.
    func read(skipping: Int = 0, until condition: (String) -> Bool) -> String {
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let text = String(decoding: bytes.dropFirst(skipping), as: UTF8.self)
            if condition(text) { return text }
            let count = Glibc.read(reader, &block, block.count)
            guard count > 0 else { return text }
            bytes += block[..<count]
        }
    }
}

/// Logging never blocks, whatever the reader of the log does.
@Suite struct LogWriterTests {
    private func line(_ number: Int) -> [UInt8] { Array("line \(number)\n".utf8) }

    @Test func `lines are written in order`() throws {
        let pipe = try LogPipe()
        let writer = try LogWriter(pipe.descriptor)
        for number in 0..<1_000 { writer.write(line(number)) }
        let expected = (0..<1_000).map { "line \($0)\n" }.joined()
        #expect(pipe.read { $0.hasSuffix("line 999\n") } == expected)
        #expect(writer.flush(seconds: 20))
        #expect(writer.droppedLines == 0)
    }

    @Test func `a reader that stops costs lines and no time, and hears how many when it is back`() throws {
        let pipe = try LogPipe()
        let filling = pipe.fill()
        let writer = try LogWriter(pipe.descriptor, capacity: 100)
        writer.reportDrops { Array("dropped \($0)\n".utf8) }
        let time = ContinuousClock().measure {
            for number in 0..<10_000 { writer.write(line(number)) }
        }
        #expect(time < .seconds(10))
        let dropped = writer.droppedLines
        #expect(dropped > 9_900)
        #expect(!writer.flush(seconds: 0.05))

        let text = pipe.read(skipping: filling) { $0.contains("dropped") && $0.hasSuffix("\n") }
        #expect(text.hasPrefix("line 0\nline 1\n"))
        #expect(text.hasSuffix("dropped \(dropped)\n"))
        #expect(text.split(separator: "\n").count == 10_000 - dropped + 1)
        writer.write(line(10_000))
        #expect(pipe.read { $0.hasSuffix("\n") } == "line 10000\n")
        #expect(writer.droppedLines == dropped)
    }

    @Test func `a descriptor that cannot be written drops every line and ends nothing`() throws {
        let file = open("/dev/full", O_WRONLY)
        defer { close(file) }
        let writer = try LogWriter(FileDescriptor(file))
        writer.reportDrops { Array("dropped \($0)\n".utf8) }
        for number in 0..<10 { writer.write(line(number)) }
        #expect(writer.flush(seconds: 20))
        #expect(writer.droppedLines == 10)
    }

    @Test func `a logger reports dropped lines in its own format`() throws {
        let pipe = try LogPipe()
        let filling = pipe.fill()
        let writer = try LogWriter(pipe.descriptor, capacity: 200)
        let logger = Logger(level: .info, format: .json, writer: writer)
        for _ in 0..<10 { logger.info("Listening on", ("address", "127.0.0.1:1")) }
        let dropped = logger.droppedLines()
        #expect(dropped > 0)
        let text = pipe.read(skipping: filling) { $0.contains("Dropped") && $0.hasSuffix("\n") }
        let last = try #require(text.split(separator: "\n").last)
        let object = try JSONDecoder().decode([String: String].self, from: Data(last.utf8))
        #expect(object["level"] == "WARN")
        #expect(object["msg"] == "Dropped log lines, standard error was not read")
        #expect(object["count"] == String(dropped))
    }

    @Test func `lines that wait are written though the writer is no longer used`() throws {
        let pipe = try LogPipe()
        do {
            let writer = try LogWriter(pipe.descriptor)
            writer.write(line(1))
        }
        #expect(pipe.read { $0.hasSuffix("\n") } == "line 1\n")
    }
}
