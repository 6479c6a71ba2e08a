import HTTPServer
import Testing

@Suite struct RequestTests {
    @Test(arguments: [
        ("/metrics", "/metrics", nil), ("/a%20b?x=1?2", "/a%20b", "x=1?2"), ("/?", "/", ""),
        ("http://host:80/a?b", "/a", "b"), ("https://host", "/", nil), ("http://host?q", "/", "q"), ("*", "*", nil),
        ("/a:b://c", "/a:b://c", nil), ("", "/", nil), ("//x/y", "//x/y", nil),
    ])
    func `a target is split but not decoded`(_ target: String, _ path: String, _ query: String?) {
        let request = Request(target: target)
        #expect(request.path == path)
        #expect(request.query == query)
    }

    @Test func `a made request has its fields whatever their case`() {
        let request = Request(target: "/", fields: [("Accept", "a"), ("accept", "b"), ("Other", "c")])
        #expect(request.values(of: "ACCEPT") == ["a", "b"])
        #expect(request.values(of: "missing") == [])
    }
}
