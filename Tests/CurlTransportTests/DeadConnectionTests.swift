import CurlTransport
import Darktrace
import Glibc
import Locking
import Testing

/// A persistent connection that died between two requests.
@Suite(.timeLimit(.minutes(3))) struct DeadConnectionTests {
    /// How the first connection dies after its first response.
    enum Death: CaseIterable {
        case closed, reset
        /// Packets vanish, as behind a firewall that forgot the connection.
        case silent
    }

    @Test(arguments: Death.allCases, [true, false])
    func `a connection that died costs one more connection, and no failed request`(
        death: Death, isSecure: Bool
    ) async throws {
        let appliance = try Appliance()
        let plain = try RawServer { connection in
            while !connection.readHead().isEmpty {
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n[{}]")
            }
        }
        let sockets = Locked<[RawConnection]>([])
        let relay = try RawServer { connection in
            sockets.withLock { $0.append(connection) }
            connection.tunnel(to: isSecure ? appliance.port : plain.port)
        }
        defer {
            relay.stop()
            plain.stop()
        }
        let endpoint = appliance.endpoint {
            $0.isSecure = isSecure
            $0.port = relay.port
        }
        let transport = CurlTransport(loop: try CurlLoop(), endpoint: endpoint)
        #expect(await transport.get(timeout: 6).failure == nil)
        let first = try #require(sockets.withLock { $0.first })
        switch death {
        case .closed: first.end(resetting: false)
        case .reset: first.end(resetting: true)
        case .silent: first.dropPackets()
        }
        let recorder = Recorder()
        let second = await transport.get(timeout: 6, to: recorder)
        #expect(second.failure == nil)
        #expect(recorder.text == "[{}]")
        #expect(sockets.withLock { $0.count } == 2)
    }
}
