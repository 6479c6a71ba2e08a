import Exporter
import Testing

/// How long the process may take to stop.
@Suite struct SignalsTests {
    @Test(
        arguments: [
            (0, false, 650), (0, true, 650), (600, false, 50), (650, false, nil), (650, true, 50), (4_400, true, 50),
            (4_500, true, nil), (60_000, true, nil), (4_400, false, nil),
        ] as [(Int, Bool, Int?)])
    func `a stop takes less than a second, or five while a disk is being written to`(
        elapsed: Int, isWriting: Bool, left: Int?
    ) {
        let time = Signals.timeLeft(sinceStop: .milliseconds(elapsed), isWriting: { isWriting })
        #expect(time == left.map { .milliseconds($0) })
    }
}
