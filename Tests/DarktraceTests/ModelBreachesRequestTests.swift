import Darktrace
import Testing

@Suite struct ModelBreachesRequestTests {
    @Test func `the target names its parameters in order and asks for acknowledged breaches`() {
        let request = ModelBreachesRequest(startMilliseconds: 1_768_467_000_000, endMilliseconds: 1_768_470_600_000)
        #expect(
            request.target
                == "/modelbreaches?creationtime=true&endtime=1768470600000&includeacknowledged=true&minimal=true"
                + "&starttime=1768467000000")
    }

    @Test func `the window by activity and the long form are written out`() {
        let request = ModelBreachesRequest(startMilliseconds: 1, endMilliseconds: 2, byCreation: false, minimal: false)
        #expect(
            request.target
                == "/modelbreaches?creationtime=false&endtime=2&includeacknowledged=true&minimal=false&starttime=1")
    }

    @Test func `nothing in a target needs escaping`() {
        let target = ModelBreachesRequest(startMilliseconds: .min, endMilliseconds: .max).target
        let allowed = Set("abcdefghijklmnopqrstuvwxyz0123456789/?&=-".utf8)
        #expect(target.utf8.allSatisfy(allowed.contains))
    }
}
