import Darktrace
import Testing

@Suite struct DateFormatTests {
    @Test(arguments: [
        (Int64(1_768_469_400_123), "2026-01-15 09:30:00", "20260115T093000", "2026-01-15T09:30:00.123000+00:00"),
        (0, "1970-01-01 00:00:00", "19700101T000000", "1970-01-01T00:00:00.000000+00:00"),
        (-1, "1969-12-31 23:59:59", "19691231T235959", "1969-12-31T23:59:59.999000+00:00"),
        (1_709_164_799_007, "2024-02-28 23:59:59", "20240228T235959", "2024-02-28T23:59:59.007000+00:00"),
        (1_709_164_800_050, "2024-02-29 00:00:00", "20240229T000000", "2024-02-29T00:00:00.050000+00:00"),
    ])
    func `an instant is written in universal time`(
        milliseconds: Int64, spaced: String, compact: String, iso8601: String
    ) {
        #expect(DateFormat.spaced.text(milliseconds) == spaced)
        #expect(DateFormat.compact.text(milliseconds) == compact)
        #expect(DateFormat.iso8601.text(milliseconds) == iso8601)
    }

    @Test(arguments: [Int64.min, .max]) func `an impossible instant does not stop the process`(milliseconds: Int64) {
        for format in DateFormat.allCases { #expect(!format.text(milliseconds).isEmpty) }
    }

    @Test(arguments: [
        ("Sun, 06 Nov 1994 08:49:37 GMT", Int64(784_111_777_000)),
        ("Thu, 15 Jan 2026 09:30:00 GMT", 1_768_469_400_000),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Thu, 29 Feb 2024 23:59:60 GMT", 1_709_251_200_000),
    ])
    func `the date of a header is read`(text: String, milliseconds: Int64) {
        #expect(HTTPDate.milliseconds(text) == milliseconds)
    }

    @Test(arguments: [
        "", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 32 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:61:37 GMT", "Sun, 06 Nov 1994 08:49:3x GMT", "Sun, 06 Nov 1994 08:49:37 GMT ",
        "1994-11-06T08:49:37Z+00:00:00", "Sun, -6 Nov 1994 08:49:37 GMT", "Sün, 06 Nov 1994 08:49:37 GM",
    ])
    func `anything else is no date`(text: String) {
        #expect(HTTPDate.milliseconds(text) == nil)
    }
}
