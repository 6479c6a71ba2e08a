import Collector
import Testing

@testable import Simulator

/// Every feed of the exporter has an endpoint of the simulator.
@Suite struct FeedPathTests {
    private let stage = SimulatorFixture()

    @Test(arguments: Feeds.all.flatMap { feed in feed.paths.sorted().map { (feed.name, $0) } })
    func `the paths of each feed are answered with JSON`(feed: String, path: String) throws {
        let window = "starttime=\(SimulatorFixture.now - SimulatorFixture.day)&endtime=\(SimulatorFixture.now)"
        for target in [path, "\(path)?\(window)"] where target != "/modelbreaches" {
            let answer = try stage.answer(target)
            #expect(answer.status == 200, "\(target) of \(feed): \(answer.text.prefix(200))")
            #expect(answer.header("Content-Type") == Reply.jsonType, "\(target) of \(feed)")
            let json = try answer.json
            #expect(json is [String: Any] || json is [[String: Any]], "\(target) of \(feed)")
        }
    }
}
