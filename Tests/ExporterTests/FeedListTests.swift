import Collector
import Configuration
import Exporter
import Testing

/// The configuration does not know the collector, and lists the feeds once more for its own tests.
@Suite struct FeedListTests {
    @Test func `the configuration's list of feeds is the collector's`() {
        #expect(FeedDeclaration.builtIn == Feeds.all.map(FeedDeclaration.init))
    }
}
