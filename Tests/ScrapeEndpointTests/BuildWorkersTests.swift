import Gzip
import Testing

@testable import ScrapeEndpoint

@Suite struct BuildWorkersTests {
    @Test(arguments: [0, 1, 3, 1_000], [1, 4])
    func `results come in the order of the items, each made once`(items: Int, workers: Int) {
        let results = BuildWorkers(count: workers).map(Array(0..<items)) { item, _ in [item] }
        #expect(results == (0..<items).map { [$0] })
    }

    @Test func `each worker compresses as one does, also after its compressor was removed`() throws {
        let texts = (0..<100).map { Array(String(repeating: "text \($0) ", count: 100 + $0).utf8) }
        let compressor = try Compressor()
        let expected = try texts.map { try compressor.compress($0).bytes }
        let workers = BuildWorkers(count: 4)
        for _ in 0..<2 {
            let pieces = workers.map(texts) { text, worker in try? worker.compress(text) }
            #expect(pieces.map { $0?.bytes } == expected)
            workers.removeCompressors()
        }
    }
}
