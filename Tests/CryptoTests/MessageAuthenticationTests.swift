import Crypto
import Testing

@Suite struct MessageAuthenticationTests {
    /// RFC 2202, section 3.
    @Test(arguments: [
        (
            [UInt8](repeating: 0x0b, count: 20), Array("Hi There".utf8),
            "b617318655057264e28bc0b6fb378c8ef146be00"
        ),
        (
            Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"
        ),
        (
            [UInt8](repeating: 0xaa, count: 20), [UInt8](repeating: 0xdd, count: 50),
            "125d7342b9ac11cd91a39af48aa17b4f63f175d3"
        ),
        (
            [UInt8](repeating: 0xaa, count: 80), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            "aa4ae5e15272d00e95705637ce8a3b55ed402112"
        ),
    ])
    func `the vectors of the standard come out`(key: [UInt8], message: [UInt8], expected: String) throws {
        let digest = try hmacSHA1(key: key, message: message)
        #expect(digest.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() == expected)
    }

    @Test func `an empty key and an empty message are allowed`() throws {
        let digest = try hmacSHA1(key: [], message: [])
        #expect(digest.count == 20)
        #expect(digest.first == 0xfb)
    }
}
