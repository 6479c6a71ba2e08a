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

    @Test(arguments: [
        ("a=1&b=2", "b", "2"), ("a=1&a=2", "a", "1"), ("a", "a", ""), ("a=", "a", ""), ("b=2", "a", nil),
        ("a=x%20y+z", "a", "x y z"), ("a%62=1", "ab", "1"), ("a=%", "a", "%"), ("a=%4", "a", "%4"),
        ("a=%zz%+1", "a", "%zz% 1"), ("a=%+4", "a", "% 4"), ("a=b=c", "a", "b=c"),
        ("a=%e4%f6", "a", "\u{fffd}\u{fffd}"),
        ("a=%C3%A4", "a", "ä"), ("&&a=1", "a", "1"), ("", "a", nil),
    ])
    func `a parameter is found and decoded`(_ query: String, _ name: String, _ value: String?) {
        #expect(Request(target: "/?\(query)").parameter(name) == value)
    }

    @Test func `a made request has its fields whatever their case`() {
        let request = Request(target: "/", fields: [("Accept", "a"), ("accept", "b"), ("Other", "c")])
        #expect(request.values(of: "ACCEPT") == ["a", "b"])
        #expect(request.values(of: "missing") == [])
    }
}
