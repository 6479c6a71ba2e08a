/// A fault as somebody writes it: `NAME`, `NAME=VALUE`, on the command line also `APPLIANCE:NAME=VALUE`.
package struct FaultSetting: Sendable, Equatable {
    /// The appliance that is meant; nil for all.
    package var appliance: String?
    /// Which one.
    package var fault: Fault
    /// What stands after `=`, or what that fault has without it; empty if it takes no value.
    package var value: String

    /// Reads one; throws a sentence that names what is wrong.
    init(parsing text: String) throws(InvalidFault) {
        let equals = text.firstIndex(of: "=")
        var name = text[..<(equals ?? text.endIndex)]
        if let colon = name.firstIndex(of: ":") {
            appliance = String(name[..<colon])
            name = name[name.index(after: colon)...]
        }
        guard let fault = Fault(rawValue: String(name)) else {
            throw InvalidFault("there is no fault \(name); --help lists them")
        }
        self.fault = fault
        value = try fault.value(equals.map { String(text[text.index(after: $0)...]) })
    }
}
