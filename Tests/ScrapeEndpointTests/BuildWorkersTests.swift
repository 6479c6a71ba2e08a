@unsafe @preconcurrency import Dispatch
import Gzip
import Testing

@testable import ScrapeEndpoint

@Suite struct BuildWorkersTests {
    @Test(arguments: [0, 1, 3, 1_000], [1, 4])
    func `results come in the order of the items, each made once`(items: Int, workers: Int) {
        let results = BuildWorkers(count: workers).map(Array(0..<items)) { item, _ in [item] }
        #expect(results == (0..<items).map { [$0] })
    }

    @Test func `little text is made by one worker`() {
        let workers = BuildWorkers(count: 2)
        let used = workers.map([0, 1, 2, 3], bytes: 3 * 1024 * 1024) { _, worker in ObjectIdentifier(worker) }
        #expect(Set(used).count == 1)
    }

    @Test func `much text is made by several workers at the same time`() {
        let started = [DispatchSemaphore(value: 0), DispatchSemaphore(value: 0)]
        let workers = BuildWorkers(count: 2)
        let met = workers.map([0, 1], bytes: 4 * 1024 * 1024) { item, _ in
            started[item].signal()
            return started[1 - item].wait(timeout: .now() + 20) == .success
        }
        #expect(met == [true, true])
    }

    @Test func `each worker compresses as one does, also after its compressor was removed`() throws {
        let texts = (0..<100).map { Array(String(repeating: "text \($0) ", count: 100 + $0).utf8) }
        let compressor = try Compressor()
        let expected = try texts.map { try compressor.compress($0).bytes }
        let workers = BuildWorkers(count: 4)
        for _ in 0..<2 {
            let pieces = workers.map(texts) { text, worker in try? worker.compress(text[...]) }
            #expect(pieces.map { $0?.bytes } == expected)
            workers.removeCompressors()
        }
    }
}
