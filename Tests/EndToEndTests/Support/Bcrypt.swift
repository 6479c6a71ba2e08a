import CCrypt
import Testing

/// Password hashes as an operator makes them with htpasswd.
enum Bcrypt {
    static func hash(_ password: String, cost: Int = 4, form: String = "2y") throws -> String {
        var data = crypt_data()
        let digits = cost < 10 ? "0\(cost)" : "\(cost)"
        let made = crypt_r(password, "$\(form)$\(digits)$abcdefghijklmnopqrstuu", &data)
        return try String(cString: #require(made))
    }
}
