import CCrypt
import Crypto
import Testing

@Suite struct PasswordHashTests {
    /// From the test programs of crypt_blowfish and of Go's x/crypto/bcrypt.
    @Test(arguments: [
        ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
        ("U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"),
        ("U*U*U", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"),
        ("allmine", "$2a$10$XajjQvNhvvRt5GSeFk1xFeyqRrsxkhBkUiQeg0dt.wU1qD4aFDcga"),
    ])
    func `the vectors of other implementations fit`(password: String, hash: String) {
        #expect(PasswordHash(hash).fits(Array(password.utf8)))
        #expect(!PasswordHash(hash).fits(Array((password + "x").utf8)))
        #expect(!PasswordHash(hash).fits([]))
    }

    @Test(arguments: ["$2a$", "$2b$", "$2y$"]) func `a hash of each form fits its password alone`(form: String) throws {
        let hash = try #require(made("geheim", form: form))
        #expect(hash.hasPrefix(form))
        #expect(PasswordHash(hash).fits(Array("geheim".utf8)))
        #expect(!PasswordHash(hash).fits(Array("Geheim".utf8)))
        #expect(!PasswordHash(hash).fits(Array("geheim\0".utf8)), "C would read this as the password")
        #expect(!PasswordHash(hash).fits(Array(hash.utf8)))
    }

    @Test(arguments: ["", "*", "*0", "geheim", "$2y$10$", "$9$x$y", "$2y$99$9jxDlH.MWhcATK6lo1zw7e"])
    func `what is no hash fits nothing`(text: String) {
        for password in ["", "geheim", text, "*0", "*1"] {
            #expect(!PasswordHash(text).fits(Array(password.utf8)))
        }
    }

    /// Of four rounds, which is quick.
    private func made(_ password: String, form: String) -> String? {
        var data = crypt_data()
        return crypt_r(password, "\(form)04$abcdefghijklmnopqrstuu", &data).map { String(cString: $0) }
    }

    @Test(arguments: [
        ("YWxpY2U6Z2VoZWlt", "alice:geheim"), ("Og==", ":"), ("", ""), ("w7w6YQ==", "ü:a"),
    ])
    func `base64 stands for bytes`(text: String, plain: String) {
        #expect(base64Decoded(text) == Array(plain.utf8))
    }

    @Test(arguments: ["a", "YWxp!Y2U6", "====", "ü"]) func `what is no base64 stands for nothing`(text: String) {
        #expect(base64Decoded(text) == nil)
    }

    /// RFC 4231, test case 2.
    @Test func `HMAC-SHA256 is that of the standard`() throws {
        let digest = try hmacSHA256(key: Array("Jefe".utf8), message: Array("what do ya want for nothing?".utf8))
        #expect(digest.prefix(4) == [0x5b, 0xdc, 0xc1, 0x46])
        #expect(digest.count == 32)
    }

    @Test func `random bytes are not the same twice`() throws {
        #expect(try randomBytes(32) != randomBytes(32))
    }
}
